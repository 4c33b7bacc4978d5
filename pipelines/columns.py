"""Tables as Dagster shows them: columns, rows, and what each column comes of."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from dagster import AssetKey, TableColumn, TableColumnDep, TableColumnLineage, TableSchema
from duckdb import DuckDBPyConnection

from pipelines.keys import key
from warehouse.graph import LOADS, fingerprint
from warehouse.lineage import formulas, lineage
from warehouse.manifest import replace
from warehouse.tables import SourceTable


def shape(
    connection: DuckDBPyConnection,
    target: str,
    told: Mapping[str, str] | None = None,
    *,
    is_counted: bool = True,
) -> dict[str, Any]:
    """A table's columns and how many rows it has, under the names that Dagster knows.

    `told` says of a column where its values come from. Counting a table costs nothing, counting a
    view may cost reading what it reads.
    """
    found = connection.sql(f"from {target} limit 0")
    columns = [
        TableColumn(name, str(kind), (told or {}).get(name))
        for name, kind in zip(found.columns, found.types, strict=True)
    ]
    shown: dict[str, Any] = {"dagster/column_schema": TableSchema(columns)}
    if is_counted:
        [(rows,)] = connection.sql(f"select count(*) from {target}").fetchall()
        shown["dagster/row_count"] = rows
    return shown


@dataclass(frozen=True)
class ModelColumns:
    """What Dagster shows of each model's columns: where they come from, and by which SQL."""

    lineage: dict[str, TableColumnLineage]
    formulas: dict[str, dict[str, str]]

    @classmethod
    def of(cls, folder: Path) -> Self:
        return cls(column_lineage(folder), _kept(folder, "formulas", formulas))


def column_lineage(folder: Path) -> dict[str, TableColumnLineage]:
    """Return, by model, which columns each of its columns comes of."""
    found = _kept(folder, "lineage", lineage)
    return {target: _shown(columns) for target, columns in found.items()}


def _kept(folder: Path, name: str, find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What is found once per set of models is kept in `folder`.

    Parsing all of them takes longer than building the little that a minute brings.
    """
    path = folder / f"{name}-{fingerprint()[:12]}.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        replace(path, json.dumps(find()).encode())
    kept: dict[str, Any] = json.loads(path.read_text())
    return kept


def told_by_contract(table: SourceTable) -> dict[str, str]:
    """Each loaded column by its name and type in the core."""
    return {
        name: f"{table.name}.{name} of the core, {kind}" for name, kind in table.columns.items()
    }


def as_in_core(table: SourceTable) -> TableColumnLineage:
    """A loaded table's columns are the core's under the same names."""
    core = AssetKey(["core", table.name])
    return TableColumnLineage({name: [TableColumnDep(core, name)] for name in table.columns})


def _shown(columns: dict[str, list[tuple[str, str]]]) -> TableColumnLineage:
    return TableColumnLineage(
        {
            name: [
                TableColumnDep(key(target), column) for target, column in deps if target != LOADS
            ]
            for name, deps in columns.items()
        }
    )
