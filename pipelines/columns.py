"""Tables as Dagster shows them: columns, rows, and what each column comes of."""

import json
from pathlib import Path
from typing import Any

from dagster import AssetKey, TableColumn, TableColumnDep, TableColumnLineage, TableSchema
from duckdb import DuckDBPyConnection

from pipelines.keys import key
from warehouse.graph import LOADS, fingerprint
from warehouse.lineage import lineage
from warehouse.manifest import replace
from warehouse.tables import SourceTable


def shape(
    connection: DuckDBPyConnection, target: str, *, is_counted: bool = True
) -> dict[str, Any]:
    """A table's columns and how many rows it has, under the names that Dagster knows.

    Counting a table costs nothing, counting a view may cost reading what it reads.
    """
    found = connection.sql(f"from {target} limit 0")
    columns = [
        TableColumn(name, str(kind)) for name, kind in zip(found.columns, found.types, strict=True)
    ]
    shown: dict[str, Any] = {"dagster/column_schema": TableSchema(columns)}
    if is_counted:
        [(rows,)] = connection.sql(f"select count(*) from {target}").fetchall()
        shown["dagster/row_count"] = rows
    return shown


def column_lineage(folder: Path) -> dict[str, TableColumnLineage]:
    """Return, by model, which columns each of its columns comes of.

    Found once per set of models and kept in `folder`: parsing all of them takes longer than
    building the little that a minute brings.
    """
    path = folder / f"lineage-{fingerprint()[:12]}.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        replace(path, json.dumps(lineage()).encode())
    return {target: _shown(columns) for target, columns in json.loads(path.read_text()).items()}


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
