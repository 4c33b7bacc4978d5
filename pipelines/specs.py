"""Assets that are tables of the core, loads of them or SQL models; lineage as the SQL has it."""

from dagster import AssetSpec

from pipelines import columns
from pipelines.days import DAYS
from pipelines.keys import EACH_DAY, EACH_MINUTE, OWNERS, key, keys
from warehouse.advice.storage import WRITTEN
from warehouse.graph import Model, models
from warehouse.tables import TABLES


def core_tables() -> list[AssetSpec]:
    """The core's tables: not ours to make, but where the lineage begins."""
    return [
        AssetSpec(
            key(f"core.{table.name}"),
            group_name="core",
            kinds={"postgres", "table"},
            owners=["team:core"],
            metadata=columns.of_core(table),
            description=f"The core's table {table.name}, with the columns that may leave it.",
        )
        for table in TABLES
    ]


def source_tables() -> list[AssetSpec]:
    return [
        AssetSpec(
            key(table.target),
            deps=[key(f"core.{table.name}")],
            group_name="source",
            kinds={"duckdb", "table"},
            owners=OWNERS,
            freshness_policy=EACH_MINUTE,
            metadata=columns.of_source(table),
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
        deps=keys(model.reads),
        group_name=model.schema,
        kinds={"duckdb", "sql", "view" if model.is_view else "table"},
        owners=OWNERS,
        skippable=True,
        freshness_policy=EACH_DAY if model.is_daily else EACH_MINUTE,
        partitions_def=DAYS if model.is_of_days else None,
        metadata=columns.of_model(model),
        tags={"cadence": "day" if model.is_daily else "load"},
        description=_described(model),
    )


def _described(model: Model) -> str:
    return f"{model.grain.capitalize()}.\n\n```sql\n{model.sql}\n```"
