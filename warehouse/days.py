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
    spans = [(table, _bounded(table, touched.get(table.name))) for table in COUNTED]
    texts = [_count(table, days) for table, days in spans if days != []]
    if not texts:
        return
    counted = source.count(" union all ".join(texts))  # noqa: F841 — DuckDB finds it by name
    for table, days in spans:
        _forget(connection, table, days)
    connection.sql("insert into ledger.source_days from counted")


def count_by_day(table: SourceTable, relation: str, where: str = "true") -> str:
    """SQL that both engines answer alike, so that source and warehouse are counted by one text."""
    return f"""
        select '{table.name}' as table_name, {_day(table)} as day,
               count(*) as rows, cast(coalesce(sum({table.cents}), 0) as bigint) as cents
        from {relation} where {where} group by 2"""


def count_between_midnights(table: SourceTable, spans: list[Span]) -> str:
    """SQL for Postgres that counts as `count_by_day` does, each day of the spans by itself.

    Where an index holds moments and cents, no row is read and no moment is made a day.
    """
    bounds = ", ".join(f"(timestamp '{first}', timestamp '{end}')" for first, end in spans)
    return f"""
        select '{table.name}' as table_name, cast(day as date) as day, rows, cents
        from (values {bounds}) as spans (first, past),
        lateral generate_series(first, past - interval '1 day', interval '1 day') as day,
        lateral (
            select count(*) as rows, cast(coalesce(sum({table.cents}), 0) as bigint) as cents
            from {table.name}
            where {table.day} >= day at time zone 'UTC'
              and {table.day} < (day + interval '1 day') at time zone 'UTC'
        ) as counted
        where rows > 0"""


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


def _bounded(table: SourceTable, spans: list[Span] | None) -> list[Span] | None:
    if spans is None or table.has_day_index or len(spans) <= SPANS_AT_MOST:
        return spans
    return None


def _count(table: SourceTable, spans: list[Span] | None) -> str:
    if spans is None:
        return count_by_day(table, table.name)
    if table.has_day_index:
        return count_between_midnights(table, spans)
    return count_by_day(table, table.name, _within(table.day or "", spans))


def _within(column: str, spans: list[Span]) -> str:
    """SQL for the rows of these spans."""
    return " or ".join(
        f"{column} >= '{first} 00:00+00' and {column} < '{end} 00:00+00'"
        if first
        else f"{column} is null"
        for first, end in spans
    )


def _forget(
    connection: duckdb.DuckDBPyConnection, table: SourceTable, spans: list[Span] | None
) -> None:
    """Delete the counts of these spans; for None all of the table's."""
    if spans is None:
        connection.sql("delete from ledger.source_days where table_name = ?", params=[table.name])
        return
    connection.sql(
        """delete from ledger.source_days using (select unnest($days::date[]) as day) as forgotten
           where table_name = $name and source_days.day is not distinct from forgotten.day""",
        params={"name": table.name, "days": _days(spans)},
    )


def _days(spans: list[Span]) -> list[date | None]:
    return [day for first, end in spans for day in _days_of(first, end)]


def _days_of(first: date | None, end: date | None) -> list[date | None]:
    if first is None or end is None:
        return [None]
    return [first + timedelta(days) for days in range((end - first).days)]


def _day(table: SourceTable) -> str:
    return f"cast({table.day} at time zone 'UTC' as date)"
