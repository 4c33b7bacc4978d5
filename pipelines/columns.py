"""Tables as Dagster shows them: what each column is, what it comes of, and how many rows there are.

Columns are told with the definitions, once: told with every refresh they were nine tenths of what a
run left in Dagster's storage.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dagster import TableColumn, TableColumnDep, TableColumnLineage, TableSchema
from duckdb import DuckDBPyConnection

from pipelines.keys import is_asset, key
from warehouse.advice import storage as advice
from warehouse.benchmarks import storage as benchmarks
from warehouse.graph import Model
from warehouse.lineage import Column, formulas, lineage
from warehouse.shapes import shapes
from warehouse.tables import SourceTable
from warehouse.wording import meaning, told
from warehouse.written import origins

SCHEMA, LINEAGE, ROWS = "dagster/column_schema", "dagster/column_lineage", "dagster/row_count"

WRITTEN = told(advice.DEFINITIONS) | told(benchmarks.DEFINITIONS)


def of_core(table: SourceTable) -> dict[str, Any]:
    return {SCHEMA: _schema(table.columns, _meanings(table))}


def of_source(table: SourceTable) -> dict[str, Any]:
    """A loaded table's columns are the core's under the same names."""
    core = key(f"core.{table.name}")
    same = TableColumnLineage({name: [TableColumnDep(core, name)] for name in table.columns})
    return {SCHEMA: _schema(shapes()[table.target], _meanings(table)), LINEAGE: same}


def of_model(model: Model) -> dict[str, Any]:
    """Each column says by which SQL it is made, and of which columns."""
    return {
        SCHEMA: _schema(shapes()[model.target], formulas()[model.target]),
        LINEAGE: _lineage(lineage()[model.target]),
    }


def of_written(target: str) -> dict[str, Any]:
    """A table that no SELECT makes, `marts.forecasts` say."""
    return {SCHEMA: _schema(shapes()[target], WRITTEN[target]), LINEAGE: _lineage(origins(target))}


def rows(connection: DuckDBPyConnection, target: str) -> dict[str, int]:
    """How many rows there are. A table knows it; a view has to read what it reads."""
    [(found,)] = connection.sql(f"select count(*) from {target}").fetchall()
    return {ROWS: found}


def _lineage(origins: Mapping[str, Iterable[Column]]) -> TableColumnLineage:
    return TableColumnLineage(
        {
            name: [
                TableColumnDep(key(target), column) for target, column in deps if is_asset(target)
            ]
            for name, deps in origins.items()
        }
    )


def _meanings(table: SourceTable) -> dict[str, str]:
    return {name: meaning(table, name) for name in table.columns}


def _schema(types: Mapping[str, str], words: Mapping[str, str]) -> TableSchema:
    return TableSchema([TableColumn(name, kind, words[name]) for name, kind in types.items()])
