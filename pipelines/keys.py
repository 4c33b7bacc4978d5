"""The names of assets, and their lineage as the SQL has it."""

from datetime import timedelta

from dagster import (
    AssetKey,
    AssetSpec,
    FreshnessPolicy,
    TableColumn,
    TableSchema,
)

from pipelines.days import DAYS
from warehouse.advice.storage import WRITTEN
from warehouse.graph import LOADS, STAGING, Model, models
from warehouse.tables import TABLES, SourceTable

POOL = "warehouse"
# Every pool by its name and how many runs may hold it; the warehouse has one writer.
POOLS = {POOL: 1}
SNAPSHOT = AssetKey(["published", "snapshot"])
FORECASTS = AssetKey(["marts", "forecasts"])
LOST_SALES = AssetKey(["marts", "lost_sales"])
INSIGHTS = AssetKey(["marts", "insights"])
BENCHMARKS = AssetKey(["marts", "benchmarks"])
PLACEMENTS = AssetKey(["marts", "benchmark_placements"])
CANDIDATE = AssetKey(["recommender", "candidate"])
LIVE = AssetKey(["recommender", "live"])
OWNERS = ["team:data"]

# Every asset must be as new as its schedule promises; the UI and its alerts say which is not.
EACH_MINUTE = FreshnessPolicy.time_window(
    fail_window=timedelta(hours=1), warn_window=timedelta(minutes=15)
)
EACH_DAY = FreshnessPolicy.time_window(
    fail_window=timedelta(hours=49), warn_window=timedelta(hours=26)
)


def key(target: str) -> AssetKey:
    """Turn `marts.vendor_daily` into the asset key `marts/vendor_daily`."""
    return AssetKey(target.split("."))


def core_tables() -> list[AssetSpec]:
    """The core's tables: not ours to make, but where the lineage begins."""
    return [
        AssetSpec(
            AssetKey(["core", table.name]),
            group_name="core",
            kinds={"postgres", "table"},
            owners=["team:core"],
            metadata={"dagster/column_schema": _contract(table)},
            description=f"The core's table {table.name}, with the columns that may leave it.",
        )
        for table in TABLES
    ]


def _contract(table: SourceTable) -> TableSchema:
    return TableSchema([TableColumn(name, kind) for name, kind in table.columns.items()])


def source_tables() -> list[AssetSpec]:
    return [
        AssetSpec(
            key(table.target),
            deps=[AssetKey(["core", table.name])],
            group_name="source",
            kinds={"duckdb", "table"},
            owners=OWNERS,
            freshness_policy=EACH_MINUTE,
            description=f"{table.name} as loaded by row version, one row per {table.key}.",
        )
        for table in TABLES
    ]


def sql_models() -> list[AssetSpec]:
    """What follows from the core's tables alone."""
    return [_spec(model) for model in models() if not model.reads & WRITTEN.keys()]


def joined_models() -> list[AssetSpec]:
    """What reads the night's tables too, which themselves follow from marts."""
    return [_spec(model) for model in models() if model.reads & WRITTEN.keys()]


def _spec(model: Model) -> AssetSpec:
    return AssetSpec(
        key(model.target),
        deps=[key(read) for read in sorted(model.reads - {LOADS})],
        group_name=model.schema,
        kinds={"duckdb", "sql", "view" if model.is_view else "table"},
        owners=OWNERS,
        skippable=True,
        freshness_policy=EACH_DAY if model.is_daily else EACH_MINUTE,
        partitions_def=DAYS if model.is_of_days else None,
        tags={"cadence": "day" if model.is_daily else "load"},
        description=_described(model),
    )


def days_marts() -> list[AssetKey]:
    return [key(model.target) for model in models() if model.is_of_days]


def marts() -> list[AssetKey]:
    return [key(model.target) for model in models() if model.schema != STAGING]


def _described(model: Model) -> str:
    return f"{model.grain.capitalize()}.\n\n```sql\n{model.sql}\n```"
