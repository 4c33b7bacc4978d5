"""A staging view keeps each row of the table that it begins from, once: so its rows are counted."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlglot
from sqlglot import exp

from warehouse.graph import STAGING, Model, counted, models
from warehouse.tables import TABLES

VIEWS = [
    model for model in models() if model.schema == STAGING and counted(model.target) != model.target
]
KEYS = {table.target: table.key for table in TABLES}
DROPPING = ("where", "group", "having", "qualify", "distinct", "limit", "offset")
PROMISED = """
    select child.relname, attname, parent.relname
    from pg_constraint
    join pg_class as child on child.oid = conrelid
    join pg_class as parent on parent.oid = confrelid
    join pg_attribute on attrelid = conrelid and attnum = conkey[1]
    where contype = 'f' and cardinality(conkey) = 1 and attnotnull and convalidated
    union all -- which looks for the line's vendor order
    select relname, 'vendor_order_id', 'vendor_orders'
    from pg_trigger join pg_class on pg_class.oid = tgrelid
    where tgname = 'refuse_orphans' and relname = 'order_lines' and tgenabled <> 'D'
"""


def selected(model: Model) -> exp.Select:
    query = sqlglot.parse_one(model.sql, dialect="duckdb")
    assert isinstance(query, exp.Select)
    return query


def joins(model: Model) -> Iterator[tuple[exp.Join, exp.Table, exp.Select | None]]:
    """Each join with the table that it leads to, and the CTE that it goes by."""
    query = selected(model)
    ctes = {cte.alias: cte.this for cte in query.ctes}
    for join in query.args.get("joins") or ():
        cte = None if join.this.db else ctes[join.this.name]
        yield join, cte.args["from_"].this if cte else join.this, cte


def keeps_all(query: exp.Select) -> bool:
    return not any(query.args.get(part) for part in DROPPING)


@pytest.mark.parametrize("model", VIEWS, ids=lambda model: model.name)
def test_a_view_drops_no_row_and_joins_only_by_a_key(model: Model) -> None:
    assert keeps_all(selected(model))
    for join, table, cte in joins(model):
        target = f"{table.db}.{table.name}"
        if target == "staging.installation":
            assert join.kind == "CROSS"
        elif join.side == "LEFT":
            on = {side.name for side in join.args["on"].unnest_operands()}
            assert KEYS[target] in on
        else:
            assert [column.name for column in join.args["using"]] == [KEYS[counted(target)]]
            assert cte is None or keeps_all(cte)


def test_what_a_view_must_find_the_core_s_foreign_keys_promise(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        promised = set(connection.execute(PROMISED).fetchall())
    asked = {
        tuple(
            name.removeprefix("source.")
            for name in (counted(model.target), column.name, counted(f"{table.db}.{table.name}"))
        )
        for model in VIEWS
        for join, table, _ in joins(model)
        for column in join.args.get("using") or ()
    }
    assert ("postings", "journal_id", "journals") in asked
    assert asked - promised == set()
