"""Rows and cents by UTC day: what the source counts in a load's own transaction (contract 1).

A load counts the days it touched, and once a day all of them: what it should have brought and did
not is found by that whole count.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import duckdb

from warehouse.source import Source
from warehouse.tables import TABLES, SourceTable

COUNTED = tuple(table for table in TABLES if table.day)

WHOLE_COUNT_EVERY = timedelta(days=1)
# Beyond so many separate spans, one pass over the table costs less than finding them.
SPANS_AT_MOST = 30

Span = tuple[date | None, date | None]
"""The first day and the first one after; (None, None) are the rows that have no day yet."""


def count(
    connection: duckdb.DuckDBPyConnection, source: Source, touched: dict[str, list[Span]]
) -> None:
    """Have the source count anew: the touched spans of the tables named, all of the others."""
    spans = [(table, _bounded(touched.get(table.name))) for table in COUNTED]
    texts = [
        count_by_day(table, table.name, _within(table.day or "", days, " 00:00+00"))
        for table, days in spans
        if days != []
    ]
    if not texts:
        return
    counted = source.count(" union all ".join(texts))  # noqa: F841 — DuckDB finds it by name
    for table, days in spans:
        connection.sql(
            f"delete from ledger.source_days where table_name = '{table.name}'"
            f" and ({_within('day', days)})"
        )
    connection.sql("insert into ledger.source_days from counted")


def count_by_day(table: SourceTable, relation: str, where: str = "true") -> str:
    """SQL that both engines answer alike, so that source and warehouse are counted by one text."""
    return f"""
        select '{table.name}' as table_name, {_day(table)} as day,
               count(*) as rows, cast(coalesce(sum({table.cents}), 0) as bigint) as cents
        from {relation} where {where} group by 2"""


def touched(connection: duckdb.DuckDBPyConnection, table: SourceTable) -> list[Span]:
    """The spans of days that `incoming` and `buried` are about to change in the loaded table."""
    if not table.day:
        return []
    rows = connection.sql(f"""
        select {_day(table)} as day from incoming
        union
        select {_day(table)} from {table.target}
        where {table.key} in (select {table.key} from incoming) or {table.buried()}
        order by day nulls first
    """).fetchall()
    return spans_of(day for (day,) in rows)


def spans_of(days: Iterable[date | None]) -> list[Span]:
    """Days in order, those that follow each other as one span; None, which comes first, alone."""
    spans: list[Span] = []
    for day in days:
        if day is None:
            spans.append((None, None))
        elif spans and spans[-1][1] == day:
            spans[-1] = (spans[-1][0], day + timedelta(days=1))
        else:
            spans.append((day, day + timedelta(days=1)))
    return spans


def _bounded(spans: list[Span] | None) -> list[Span] | None:
    return spans if spans is not None and len(spans) <= SPANS_AT_MOST else None


def _within(column: str, spans: list[Span] | None, midnight: str = "") -> str:
    """SQL for the rows of these spans; for None all of them."""
    if spans is None:
        return "true"
    return " or ".join(
        ["false"]
        + [
            f"{column} >= '{first}{midnight}' and {column} < '{end}{midnight}'"
            if first
            else f"{column} is null"
            for first, end in spans
        ]
    )


def _day(table: SourceTable) -> str:
    return f"cast({table.day} at time zone 'UTC' as date)"
