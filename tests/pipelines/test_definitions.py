from pathlib import Path

import duckdb
from dagster import (
    AssetKey,
    BackfillPolicy,
    DagsterInstance,
    DefaultScheduleStatus,
    Definitions,
    TableColumn,
    TableColumnDep,
)

from pipelines.benchmarks import SAFE, benchmarks
from pipelines.columns import of_model, rows
from pipelines.definitions import defs
from pipelines.forecasts import listing_forecasts
from pipelines.insights import vendor_insights
from pipelines.instance import limit_pools, write_instance
from pipelines.keys import (
    BENCHMARKS,
    CANDIDATE,
    FORECASTS,
    LIVE,
    PLACEMENTS,
    POOL,
    POOLS,
    SNAPSHOT,
    days_marts,
    keys,
)
from pipelines.loading import loaded
from pipelines.modelling import built, checked, joined
from pipelines.publication import published_snapshot
from pipelines.training import live_recommender, recommender_candidate
from warehouse.checks import rules
from warehouse.graph import models
from warehouse.lineage import formulas, lineage
from warehouse.publish import MONTHLY, PUBLISHED

SCHEDULES = ("each_minute", "each_morning", "each_night", "each_hour")
GRAPH = defs.resolve_asset_graph()
by_target = {model.target: model for model in models()}


def ancestors(key: AssetKey) -> set[AssetKey]:
    return GRAPH.get_ancestor_asset_keys(key)


def test_the_definitions_load() -> None:
    Definitions.validate_loadable(defs)


def test_lineage_is_what_the_sql_says() -> None:
    parents = GRAPH.get(AssetKey(["marts", "vendor_daily"])).parent_keys
    assert parents == {AssetKey(["marts", "vendor_orders"]), AssetKey(["marts", "refunds"])}
    assert AssetKey(["core", "vendor_orders"]) in ancestors(AssetKey(["marts", "vendor_daily"]))


def test_the_snapshot_descends_from_every_table_that_it_publishes() -> None:
    tables = [*PUBLISHED, *(f"marts.{table}" for table in MONTHLY)]
    assert set(keys(tables)) <= GRAPH.get(SNAPSHOT).parent_keys


def test_the_live_recommender_descends_from_the_cores_orders() -> None:
    assert {AssetKey(["core", "order_lines"]), SNAPSHOT, CANDIDATE} <= ancestors(LIVE)


def test_every_asset_of_ours_is_described_grouped_and_owned() -> None:
    ours = [GRAPH.get(key) for key in GRAPH.materializable_asset_keys]
    assert all(node.description and node.group_name and node.owners for node in ours)


def test_the_core_s_tables_show_the_columns_that_may_leave_them() -> None:
    core = GRAPH.get(AssetKey(["core", "shoppers"]))
    columns = [column.name for column in core.metadata["dagster/column_schema"].columns]
    assert "shopper_pseudonym" in columns
    assert "email" not in columns
    assert core.owners == ["team:core"]


def test_what_runs_by_itself_says_why_and_when() -> None:
    assert all(defs.resolve_schedule_def(name).description for name in SCHEDULES)


def test_every_asset_of_ours_must_be_fresh() -> None:
    ours = [GRAPH.get(key) for key in GRAPH.materializable_asset_keys]
    assert [node.key for node in ours if node.freshness_policy is None] == []


def columns_of(*path: str) -> list[TableColumn]:
    return list(GRAPH.get(AssetKey(path)).metadata["dagster/column_schema"].columns)


def test_lineage_of_columns_reaches_the_tables_that_were_loaded() -> None:
    columns = of_model(by_target["marts.vendor_daily"])["dagster/column_lineage"].deps_by_column
    assert columns["refunded_cents"] == [
        TableColumnDep(AssetKey(["marts", "refunds"]), "items_cents")
    ]
    loaded = GRAPH.get(AssetKey(["source", "refunds"])).metadata["dagster/column_lineage"]
    assert loaded.deps_by_column["amount_cents"] == [
        TableColumnDep(AssetKey(["core", "refunds"]), "amount_cents")
    ]
    written = {target: tuple(read) for target, read in lineage().items()}
    assert all(written.values())


def test_every_column_of_a_model_says_by_which_sql_it_is_made() -> None:
    made = formulas()
    assert made["marts.vendor_daily"]["vendor_id"] == "vendor_id"
    assert made["marts.vendor_daily"]["sales_cents"] == "sum(items_cents) FILTER(WHERE is_counted)"
    assert made["marts.interactions"]["type"] == "marts.events.type or 'purchase'"
    assert made["staging.orders"]["order_id"] == "source.orders.order_id"
    assert all(formula for columns in made.values() for formula in columns.values())


def test_every_column_of_every_table_is_described() -> None:
    everything = map(GRAPH.get, GRAPH.get_all_asset_keys())
    tables = [node for node in everything if node.kinds & {"table", "view"}]
    silent = [
        f"{node.key.to_user_string()}.{column.name}"
        for node in tables
        for column in columns_of(*node.key.path)
        if not column.description
    ]
    assert silent == []
    assert {"marts/forecasts", "marts/benchmarks", "core/orders", "staging/orders"} <= {
        node.key.to_user_string() for node in tables
    }


def test_a_table_s_columns_have_types_and_words() -> None:
    kept = [
        (column.name, column.type, column.description) for column in columns_of("core", "stock")
    ]
    assert ("available_units", "int8", "units that may be sold; of a movement, the change") in kept
    assert ("offer_id", "int8", "which of offers") in kept
    lost = [(column.name, column.type) for column in columns_of("marts", "lost_sales")]
    assert lost[:2] == [("vendor_id", "BIGINT"), ("sale_date", "DATE")]


def test_a_run_tells_how_many_rows_there_are_and_leaves_columns_to_the_definitions() -> None:
    with duckdb.connect() as connection:
        connection.sql("create table sales as select 1 as cents, 2 as units")
        assert rows(connection, "sales") == {"dagster/row_count": 1}


def test_marts_of_days_are_partitioned_by_day_and_backfilled_in_one_run() -> None:
    days = {
        node.key for node in map(GRAPH.get, GRAPH.materializable_asset_keys) if node.partitions_def
    }
    assert days == set(days_marts())
    assert AssetKey(["marts", "operator_daily"]) in days
    assert built.backfill_policy == BackfillPolicy.single_run()


def test_every_pool_has_a_limit_of_its_own_by_name(tmp_path: Path) -> None:
    used = {step.op.pool for step in (loaded, built, checked, published_snapshot)}
    with DagsterInstance.from_config(str(write_instance(tmp_path))) as instance:
        limit_pools(instance)
        limits = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    assert limits == POOLS
    assert used == POOLS.keys()


def test_benchmarks_are_closed_before_a_snapshot_is_published() -> None:
    assert {BENCHMARKS, PLACEMENTS} <= GRAPH.get(SNAPSHOT).parent_keys


def test_a_source_that_does_not_answer_is_asked_again_twice() -> None:
    assert loaded.op.retry_policy is not None
    assert loaded.op.retry_policy.max_retries == 2


def test_a_run_that_was_killed_is_run_again_and_one_that_failed_is_not(tmp_path: Path) -> None:
    with DagsterInstance.from_config(str(write_instance(tmp_path))) as instance:
        assert instance.run_retries_enabled
        assert instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.run_monitoring_enabled
        settings = instance.run_monitoring_settings
        assert settings["free_slots_after_run_end_seconds"] == 30, "or a killed run blocks the pool"


def test_every_check_before_publication_blocks() -> None:
    specs = {key: GRAPH.get_check_spec(key) for key in GRAPH.asset_check_keys}
    blocking = {key.name for key, spec in specs.items() if spec.blocking}
    assert blocking >= {*rules(), SAFE}


def test_what_writes_the_warehouse_enters_its_pool_and_training_does_not() -> None:
    writing = (loaded, built, joined, checked, benchmarks, listing_forecasts, vendor_insights)
    assert {step.op.pool for step in (*writing, published_snapshot)} == {POOL}
    assert {step.op.pool for step in (recommender_candidate, live_recommender)} == {None}


def test_a_refresh_runs_every_minute_and_the_nights_work_is_looked_for_every_hour() -> None:
    schedules = {
        schedule.job_name: schedule for schedule in map(defs.resolve_schedule_def, SCHEDULES)
    }
    assert {job: schedule.cron_schedule for job, schedule in schedules.items()} == {
        "refresh": "* * * * *",
        "advice": "15 * * * *",
        "training": "15 * * * *",
        "tidy": "45 * * * *",
    }
    assert all(
        schedule.default_status is DefaultScheduleStatus.RUNNING for schedule in schedules.values()
    )


def test_what_joins_the_nights_tables_follows_from_them_in_a_step_of_its_own() -> None:
    joined = AssetKey(["marts", "listing_forecasts"])
    assert GRAPH.get(joined).parent_keys == {
        FORECASTS, AssetKey(["marts", "offers"]), AssetKey(["marts", "order_lines"])
    }  # fmt: skip
    assert SNAPSHOT in GRAPH.get(joined).child_keys
    steps = [node.name for node in defs.resolve_job_def("everything").nodes]
    assert {"load", "build", "check", "listing_forecasts", "join"} <= set(steps)
    assert not [name for name in steps if name.endswith("_2")], "no step had to be split"
