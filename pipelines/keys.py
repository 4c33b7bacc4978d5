"""The names of assets, and their lineage as the SQL has it."""

from dagster import AssetKey, AssetSpec

from warehouse.graph import Model, models
from warehouse.tables import TABLES

POOL = "warehouse"
SNAPSHOT = AssetKey(["published", "snapshot"])
CANDIDATE = AssetKey(["recommender", "candidate"])
LIVE = AssetKey(["recommender", "live"])
OWNERS = ["team:data"]


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
            description=f"The core's table {table.name}.",
        )
        for table in TABLES
    ]


def source_tables() -> list[AssetSpec]:
    return [
        AssetSpec(
            key(table.target),
            deps=[AssetKey(["core", table.name])],
            group_name="source",
            kinds={"duckdb", "table"},
            owners=OWNERS,
            description=f"{table.name} as loaded by row version, one row per {table.key}.",
        )
        for table in TABLES
    ]


def sql_models() -> list[AssetSpec]:
    return [
        AssetSpec(
            key(model.target),
            deps=[key(read) for read in sorted(model.reads - {"ledger.loads"})],
            group_name=model.schema,
            kinds={"duckdb", "sql", "view" if model.schema == "staging" else "table"},
            owners=OWNERS,
            description=_described(model),
        )
        for model in models()
    ]


def marts() -> list[AssetKey]:
    return [key(model.target) for model in models() if model.schema == "marts"]


def _described(model: Model) -> str:
    return f"{model.grain.capitalize()}.\n\n```sql\n{model.sql}\n```"
