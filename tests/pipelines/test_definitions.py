from dagster import AssetKey, DefaultScheduleStatus, Definitions

from pipelines.definitions import defs
from pipelines.keys import CANDIDATE, LIVE, POOL, SNAPSHOT
from pipelines.loading import loaded
from pipelines.modelling import built, checked
from pipelines.publication import published_snapshot
from pipelines.training import live_recommender, recommender_candidate
from warehouse.checks import rules

SCHEDULES = ("each_minute", "each_night")
GRAPH = defs.resolve_asset_graph()


def ancestors(key: AssetKey) -> set[AssetKey]:
    return GRAPH.get_ancestor_asset_keys(key)


def test_the_definitions_load() -> None:
    Definitions.validate_loadable(defs)


def test_lineage_is_what_the_sql_says() -> None:
    parents = GRAPH.get(AssetKey(["marts", "vendor_daily"])).parent_keys
    assert parents == {AssetKey(["marts", "vendor_orders"])}
    assert AssetKey(["core", "vendor_orders"]) in ancestors(AssetKey(["marts", "vendor_daily"]))


def test_the_live_recommender_descends_from_the_cores_orders() -> None:
    assert {AssetKey(["core", "order_lines"]), SNAPSHOT, CANDIDATE} <= ancestors(LIVE)


def test_every_asset_of_ours_is_described_grouped_and_owned() -> None:
    ours = [GRAPH.get(key) for key in GRAPH.materializable_asset_keys]
    assert all(node.description and node.group_name and node.owners for node in ours)


def test_every_check_before_publication_blocks() -> None:
    specs = {key: GRAPH.get_check_spec(key) for key in GRAPH.asset_check_keys}
    blocking = {key.name for key, spec in specs.items() if spec.blocking}
    assert blocking == rules().keys()


def test_what_writes_the_warehouse_enters_its_pool_and_training_does_not() -> None:
    assert {step.op.pool for step in (loaded, built, checked, published_snapshot)} == {POOL}
    assert {step.op.pool for step in (recommender_candidate, live_recommender)} == {None}


def test_a_refresh_runs_every_minute_and_a_training_every_night() -> None:
    schedules = {
        schedule.job_name: schedule for schedule in map(defs.resolve_schedule_def, SCHEDULES)
    }
    assert schedules["refresh"].cron_schedule == "* * * * *"
    assert schedules["training"].cron_schedule == "15 3 * * *"
    assert all(
        schedule.default_status is DefaultScheduleStatus.RUNNING for schedule in schedules.values()
    )
