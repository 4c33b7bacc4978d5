"""Freeze which shop belongs to which cohort in a month."""

from datetime import date, timedelta
from pathlib import Path as FilePath

import duckdb
import polars as pl

from warehouse.benchmarks.cohorts import Activity, Path, assigned

ACTIVITY = (FilePath(__file__).parent / "activity.sql").read_text()
MONTHS_OF_ACTIVITY = 3
ONE_DAY = timedelta(days=1)

COLUMNS = {
    "period_date": pl.Date(),
    "vendor_id": pl.Int64(),
    "owner_id": pl.Int64(),
    "category_id": pl.Int64(),
    "price_band": pl.Int32(),
    "volume_band": pl.Int32(),
}


def month_after(month: date, count: int = 1) -> date:
    """The first day of the month `count` months on; `month` is a first day too."""
    months = month.year * 12 + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def last_day(month: date) -> date:
    return month_after(month) - ONE_DAY


def freeze(connection: duckdb.DuckDBPyConnection, month: date) -> None:
    """Write the month's cohorts from three months of trade, unless they are written already."""
    frozen = "select count(*) from benchmarks.members where period_date = ?"
    [(count,)] = connection.sql(frozen, params=[month]).fetchall()
    if count:
        return
    rows = connection.sql(
        ACTIVITY,
        params={"first": month_after(month, 1 - MONTHS_OF_ACTIVITY), "last": last_day(month)},
    ).fetchall()
    members = [
        (month, vendor_id, owner_id, *_cohort(Activity(*activity), before))
        for vendor_id, owner_id, *activity, category, price, volume in rows
        for before in [(category, price, volume)]
    ]
    frame = pl.DataFrame(members, COLUMNS, orient="row")  # noqa: F841 — DuckDB finds it by name
    connection.sql("insert into benchmarks.members select * from frame")


def _cohort(activity: Activity, before: tuple[int | None, ...]) -> Path:
    known = tuple(part for part in before if part is not None)
    return assigned(activity, known or None)
