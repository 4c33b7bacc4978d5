"""What changed since the last build, and which parts of a mart follow from it.

A build leaves in the schema `changes` one table per source table that brought rows, with their
keys, and one per mart that was built in parts, with the old and the new values of the columns by
which other models and the checks follow it. From these the affected values of a window are found,
and a model's SQL is narrowed to them. Whatever cannot be followed this way is built whole: the full
build is the reference, and a property test holds the two together, row for row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, cached_property

import duckdb
import sqlglot
from sqlglot import exp

from warehouse import ledger
from warehouse.graph import LOADS, MARTS, Model, models
from warehouse.ledger import Build
from warehouse.moment import PgSnapshot
from warehouse.tables import TABLES, SourceTable

SCHEMA = "changes"
EXTENT = f"{SCHEMA}.extent"
AFFECTED = "affected"  # the temporary table that holds the affected values of a window

BY_TARGET = {table.target: table for table in TABLES}


class Change(Enum):
    """How much of a table a build changed; one that is not mentioned stayed as it was."""

    PARTS = "parts"
    WHOLE = "whole"


@dataclass
class Changes:
    """The changes of one build, by target; filled while it builds, read again by the checks."""

    connection: duckdb.DuckDBPyConnection
    by_target: dict[str, Change] = field(default_factory=dict)

    @cached_property
    def columns(self) -> Mapping[str, frozenset[str]]:
        """Columns by target of everything that can be read; marts as the last build left them."""
        rows = self.connection.sql("""
            select schema_name || '.' || table_name, list(column_name)
            from duckdb_columns()
            where schema_name in ('source', 'staging', 'marts') and not internal
            group by 1
        """).fetchall()
        return {target: frozenset(names) for target, names in rows}

    def of(self, model: Model) -> dict[str, Change]:
        """What changed among the tables that the model stands on."""
        inputs = bases(model) - model.fixed
        return {target: self.by_target[target] for target in inputs & self.by_target.keys()}

    def affected(self, model: Model) -> str | None:
        """SQL for the values of the model's window that changed; None where they cannot be told."""
        dirty = self.of(model)
        if model.window is None or Change.WHOLE in dirty.values():
            return None
        queries = [self._follow(model, target) for target in sorted(dirty)]
        found = [query for query in queries if query]
        if len(found) < len(queries):
            return None
        return f"select distinct value from ({' union all '.join(found)}) where value is not null"

    def narrowed(self, model: Model) -> str:
        """The model's SQL over the affected values alone, which stand in the table AFFECTED."""
        assert model.window is not None, "only a model with a window is narrowed"
        tree = sqlglot.parse_one(model.sql, dialect="duckdb")
        for table in list(tree.find_all(exp.Table)):
            if table.db:
                table.replace(self._narrowed_read(model, table))
        sql = tree.sql(dialect="duckdb", comments=False, copy=False)
        return f"select * from ({sql}) where {among(model.window.column)}"

    def _narrowed_read(self, model: Model, table: exp.Table) -> exp.Expression:
        target = f"{table.db}.{table.name}"
        columns = self._window_columns(model, target)
        if not columns:
            return table
        where = " or ".join(among(column) for column in columns)
        query = sqlglot.parse_one(f"select * from {target} where {where}", dialect="duckdb")
        assert isinstance(query, exp.Select), "a select was written"
        return query.subquery(table.alias_or_name)

    def _follow(self, model: Model, target: str) -> str | None:
        if target.startswith(f"{MARTS}."):
            columns = self._window_columns(model, target)
            name = target.split(".")[1]
            return _union(f"select {column} as value from {SCHEMA}.{name}" for column in columns)
        table = BY_TARGET[target]
        assert model.window is not None, "only a model with a window is followed"
        if table.key == model.window.column:
            return f"select {table.key} as value from {keys_of(table)}"
        return self._linked(model, table)

    def _linked(self, model: Model, table: SourceTable) -> str | None:
        """Follow the table's keys through whatever the model reads that has both key and window."""
        through = [read for read in model.reads if table.target in inlined(read)]
        if table.target in through and not self._links(model, table.target, table.key):
            through = [read for read in model.reads if self._links(model, read, table.key)]
        if not through or not all(self._links(model, read, table.key) for read in through):
            return None
        return _union(
            f"""select {column} as value from {read}
                where {table.key} in (select {table.key} from {keys_of(table)})"""
            for read in sorted(through)
            for column in self._window_columns(model, read)
        )

    def _links(self, model: Model, read: str, key: str) -> bool:
        return key in self.columns.get(read, ()) and bool(self._window_columns(model, read))

    def _window_columns(self, model: Model, target: str) -> tuple[str, ...]:
        if model.window is None:
            return ()
        there = self.columns.get(target, frozenset())
        return tuple(column for column in model.window.columns_of(target) if column in there)


def keep(connection: duckdb.DuckDBPyConnection, found: Changes | None) -> None:
    """Write down how much a build changed; None where everything is to be judged anew."""
    connection.sql(f"drop table if exists {EXTENT}")
    if found is None:
        return
    connection.sql(f"create table {EXTENT} (target varchar, change varchar)")
    for target, change in found.by_target.items():
        connection.sql(f"insert into {EXTENT} values (?, ?)", params=[target, change.value])


def to_judge(connection: duckdb.DuckDBPyConnection) -> Changes | None:
    """Read what the last build changed, or None where everything is to be judged."""
    tables = connection.sql(
        f"select true from duckdb_tables() where schema_name = '{SCHEMA}' and table_name = 'extent'"
    ).fetchall()
    if not tables:
        return None
    rows = connection.sql(f"from {EXTENT}").fetchall()
    return Changes(connection, {target: Change(change) for target, change in rows})


def since(connection: duckdb.DuckDBPyConnection, build: Build) -> Changes | None:
    """Find what the loads after a build brought; None where only a full build can follow.

    That is so after a load of everything, after one by another contract or into another zone or
    currency, and when the build's own load is no longer in the ledger.
    """
    loads = connection.sql(
        """select load_id, snapshot, is_full, currency, time_zone from ledger.loads
           where load_id >= ? order by load_id""",
        params=[build.load_id],
    ).fetchall()
    if not loads or loads[0][0] != build.load_id or any(load[2] for load in loads[1:]):
        return None
    if len({load[3:] for load in loads}) > 1:
        return None
    if ledger.contracts(connection, build.load_id) != ledger.contracts(connection, loads[-1][0]):
        return None
    changes = Changes(connection)
    seen = PgSnapshot.parse(loads[0][1])
    for table, deleted in _brought(connection, build.load_id):
        changes.by_target[table.target] = Change.WHOLE if deleted else Change.PARTS
        connection.sql(f"""
            create or replace table {keys_of(table)} as
            select {table.key} from {table.target} where {_unseen(seen)}
        """)
    return changes


def _brought(connection: duckdb.DuckDBPyConnection, after: int) -> list[tuple[SourceTable, bool]]:
    """The tables that loads after this one touched, and whether rows went."""
    rows = connection.sql(
        """select table_name, sum(rows_deleted) > 0 from ledger.load_tables where load_id > ?
           group by table_name having sum(rows_loaded + rows_deleted) > 0 order by table_name""",
        params=[after],
    ).fetchall()
    by_name = {table.name: table for table in TABLES}
    return [(by_name[name], deleted) for name, deleted in rows]


def _unseen(seen: PgSnapshot) -> str:
    """SQL that is true of rows written by transactions that the snapshot did not see."""
    under_way = ", ".join(map(str, sorted(seen.in_progress))) or "null"
    return f"""row_version >= {seen.xmin}
               and (row_version >= {seen.xmax} or row_version in ({under_way}))"""


def keys_of(table: SourceTable) -> str:
    return f"{SCHEMA}.source_{table.name}"


def among(column: str) -> str:
    return f"{column} in (select value from {AFFECTED})"


@cache
def inlined(target: str) -> frozenset[str]:
    """The source tables and marts that a target stands on, views seen through."""
    model = {model.target: model for model in models()}.get(target)
    if model is None or not model.is_view:
        return frozenset({target})
    return bases(model)


def bases(model: Model) -> frozenset[str]:
    """The source tables and marts that a model reads, directly or through views."""
    found = frozenset().union(*map(inlined, model.reads)) if model.reads else frozenset()
    return frozenset(target for target in found if target != LOADS)


def followed(target: str, followers: Iterable[Model]) -> frozenset[str]:
    """The names under which others look for the values by which they follow a mart."""
    windows = [other.window for other in followers if other.window and target in bases(other)]
    return frozenset(column for window in windows for column in window.columns_of(target))


def _union(queries: Iterable[str]) -> str | None:
    return " union all ".join(queries) or None
