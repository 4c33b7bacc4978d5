"""Everything Dagster is told: assets, checks, jobs, schedules, resources."""

from collections.abc import Iterator

from dagster import Definitions, InitResourceContext, in_process_executor, resource

from pipelines.alerts import tell_of_failed_runs
from pipelines.benchmarks import benchmarks
from pipelines.forecasts import listing_forecasts
from pipelines.insights import vendor_insights
from pipelines.installation import Installation, unheard
from pipelines.jobs import (
    advice,
    days,
    each_hour,
    each_minute,
    each_morning,
    each_night,
    everything,
    refresh,
    training,
)
from pipelines.loading import loaded
from pipelines.modelling import built, checked, joined
from pipelines.publication import published_snapshot
from pipelines.renewal import read_days_anew
from pipelines.specs import core_tables
from pipelines.tidying import tidy
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
        joined,
        benchmarks,
        listing_forecasts,
        vendor_insights,
        published_snapshot,
        recommender_candidate,
        live_recommender,
    ],
    asset_checks=[checked],
    jobs=[refresh, advice, training, everything, days, tidy],
    schedules=[each_minute, each_morning, each_night, each_hour],
    sensors=[tell_of_failed_runs, read_days_anew],
    resources={
        "installation": Installation.from_environment(),
        "observer": unheard,
        "judge": judge,
        "turn": turn,
    },
    executor=in_process_executor,
)
