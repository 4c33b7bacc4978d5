"""Database ids for rows that come with names of their own."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from psycopg import Connection, sql

from rynek.history.copying import query
from rynek.history.errors import HistoryInconsistentError

# Gaps and islands: a live writer may draw from the same sequence meanwhile, so the numbers are
# drawn one by one and come back as the few unbroken runs that they nearly always are.
_DRAW = """
select min(id) as first, max(id) as last
from (select id, id - row_number() over (order by id) as island
      from (select nextval(pg_get_serial_sequence(%s, %s)) as id
            from generate_series(1, %s)) as drawn) as islands
group by island order by first
"""


@dataclass(frozen=True)
class Enrolment:
    """`ids`: every row's name and id, old and new. `new`: the rows not there before, with ids."""

    ids: pl.DataFrame
    new: pl.DataFrame


def reserve(connection: Connection, table: str, key: str, count: int) -> pl.Series:
    """`count` ids of `table` that nobody else will get, ascending. Int64."""
    runs = connection.execute(_DRAW, [table, key, count]).fetchall()
    ranges = [np.arange(first, last + 1, dtype=np.int64) for first, last in runs]
    return pl.Series(key, np.concatenate(ranges) if ranges else np.empty(0, np.int64))


def enrol(
    connection: Connection,
    table: str,
    key: str,
    source: str,
    rows: pl.DataFrame,
    carried: tuple[str, ...] = (),
) -> Enrolment:
    """Find the rows of `source` that `table` already has, and give ids to the others.

    `rows` has a unique column `ref`; ids ascend in its order. `ids` also holds the integer columns
    `carried`, the stored value where the row was there before.
    """
    known = query(  # locked, so that what the new rows point at is still there at the commit
        connection,
        sql.SQL("select source_ref, {} from {} where source = {} for key share").format(
            sql.SQL(", ").join(map(sql.Identifier, (key, *carried))),
            sql.Identifier(table),
            sql.Literal(source),
        ),
        {"ref": pl.String, key: pl.Int64} | dict.fromkeys(carried, pl.Int64),
    )
    return admit(connection, table, key, known, rows, on=["ref"])


def admit(
    connection: Connection,
    table: str,
    key: str,
    known: pl.DataFrame,
    rows: pl.DataFrame,
    on: list[str],
) -> Enrolment:
    """Like `enrol`, for a table that knows its rows by the columns `on`, given what it has."""
    new = rows.join(known, on=on, how="anti", maintain_order="left")
    new = new.with_columns(reserve(connection, table, key, new.height))
    return Enrolment(pl.concat([known, new.select(known.columns)]), new)


def resolve(rows: pl.DataFrame, ids: pl.DataFrame, ref: str) -> pl.DataFrame:
    """`rows` with the columns of `ids` in place of their column `ref`; an empty ref stays empty.

    Raises HistoryInconsistentError where a ref names no row.
    """
    resolved = rows.join(
        ids.with_columns(is_known=True), left_on=ref, right_on="ref", how="left",
        maintain_order="left",
    )  # fmt: skip
    lost = resolved.filter(pl.col(ref).is_not_null() & pl.col("is_known").is_null())
    if lost.height:
        raise HistoryInconsistentError(
            f"{lost.height:,} rows name an unknown {ref}: {lost[ref][0]!r}, …"
        )
    return resolved.drop(ref, "is_known")
