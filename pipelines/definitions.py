"""Everything Dagster is told: assets, checks, jobs, schedules, resources."""

from collections.abc import Iterator

from dagster import Definitions, InitResourceContext, in_process_executor, resource

from pipelines.installation import Installation, unheard
from pipelines.jobs import each_minute, each_night, everything, refresh, training
from pipelines.keys import core_tables
from pipelines.loading import loaded
from pipelines.modelling import built, checked
from pipelines.publication import published_snapshot
from pipelines.training import live_recommender, recommender_candidate
from warehouse import store
from warehouse.expectations import Judge


@resource(description="Great Expectations in a process of its own, ended with the run.")
def judge(_: InitResourceContext) -> Iterator[Judge]:
    with Judge() as running:
        yield running


@resource(required_resource_keys={"installation"}, description="One run at a time.")
def turn(context: InitResourceContext) -> Iterator[None]:
    with store.turn(context.resources.installation.warehouse):
        yield


defs = Definitions(
    assets=[
        *core_tables(),
        loaded,
        built,
        published_snapshot,
        recommender_candidate,
        live_recommender,
    ],
    asset_checks=[checked],
    jobs=[refresh, training, everything],
    schedules=[each_minute, each_night],
    resources={
        "installation": Installation.from_environment(),
        "observer": unheard,
        "judge": judge,
        "turn": turn,
    },
    executor=in_process_executor,
)
