"""What closing a month reads and keeps: contributions, shown cells, and each vendor's place."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

import duckdb
import numpy as np
import polars as pl

from warehouse.benchmarks.cells import Cell, Shown
from warehouse.benchmarks.cohorts import LEVELS, PRICE_EDGES, VOLUME_EDGES, Path, bounds, upwards
from warehouse.benchmarks.disclosure import Unit
from warehouse.benchmarks.measures import Compared
from warehouse.benchmarks.membership import last_day, month_after
from warehouse.benchmarks.statistics import winsorised
from warehouse.metrics.figure import Days

MONTHS_COMPARED = 12

UNIT_COLUMNS = {
    "period_date": pl.Date(),
    "metric_id": pl.String(),
    "owner_id": pl.Int64(),
    "category_id": pl.Int64(),
    "price_band": pl.Int32(),
    "volume_band": pl.Int32(),
    "value": pl.Float64(),
    "capped": pl.Float64(),
}
PLACEMENT_COLUMNS = {
    "period_date": pl.Date(),
    "metric_id": pl.String(),
    "vendor_id": pl.Int64(),
    "numerator": pl.Int64(),
    "denominator": pl.Int64(),
    "value": pl.Float64(),
    "cohort": pl.String(),
}


def contributions(
    connection: duckdb.DuckDBPyConnection, compared: Compared, month: date
) -> list[Unit]:
    """One value per owner and cohort, of shops with enough to count in the month."""
    rows = connection.sql(
        f"""
        select owner_id, category_id, price_band, volume_band,
               greatest(sum(numerator), 0) / sum(denominator) as value
        from ({_figures(compared)})
        group by owner_id, category_id, price_band, volume_band
        having sum(denominator) >= {compared.least_denominator}
        order by all
        """,
        params=compared.days(_days(month)),
    ).fetchall()
    if not rows:
        return []
    capped = winsorised(np.array([row[-1] for row in rows]))
    return [
        Unit(owner_id, tuple(path), value, float(cap))
        for (owner_id, *path, value), cap in zip(rows, capped, strict=True)
    ]


def shown_before(connection: duckdb.DuckDBPyConnection, metric_id: str, month: date) -> list[Shown]:
    """What the twelve months before have shown."""
    given = [metric_id, month_after(month, -MONTHS_COMPARED), month]
    of_months = "where metric_id = ? and period_date >= ? and period_date < ?"
    cells = connection.sql(
        f"select period_date, cohort, mean from marts.benchmarks {of_months}", params=given
    ).fetchall()
    units = connection.sql(
        f"""select period_date, owner_id, category_id, price_band, volume_band, value, capped
            from benchmarks.units {of_months}""",
        params=given,
    ).fetchall()
    return [
        Shown(
            [Unit(row[1], tuple(row[2:5]), *row[5:]) for row in units if row[0] == earlier],
            frozenset(_read(cohort) for shown, cohort, _ in cells if shown == earlier),
            frozenset(
                _read(cohort)
                for shown, cohort, mean in cells
                if shown == earlier and mean is not None
            ),
        )
        for earlier in sorted({cell[0] for cell in cells})
    ]


def keep_units(
    connection: duckdb.DuckDBPyConnection, metric_id: str, month: date, units: Iterable[Unit]
) -> None:
    rows = [
        (month, metric_id, unit.owner_id, *unit.path, unit.value, unit.capped) for unit in units
    ]
    _insert(connection, "benchmarks.units", pl.DataFrame(rows, UNIT_COLUMNS, orient="row"))


def keep_cells(
    connection: duckdb.DuckDBPyConnection, metric_id: str, month: date, cells: Sequence[Cell]
) -> None:
    if not cells:
        return
    names = dict(connection.sql("select category_id, name from marts.categories").fetchall())
    rows = [
        {
            "period_date": month,
            "metric_id": metric_id,
            "cohort": _written(cell.path),
            "level": LEVELS[len(cell.path)],
            "category": names.get(cell.path[0], "Other") if cell.path else None,
            **_edges("price", "cents", PRICE_EDGES, cell.path[1:2]),
            **_edges("orders", "", VOLUME_EDGES, cell.path[2:3]),
            "owners_at_least": cell.owners_at_least,
            "step": cell.step,
            "lower_quartile": cell.lower_quartile,
            "median": cell.median,
            "upper_quartile": cell.upper_quartile,
            "mean": cell.mean,
        }
        for cell in cells
    ]
    _insert(connection, "marts.benchmarks", pl.DataFrame(rows, infer_schema_length=None))


def keep_placements(
    connection: duckdb.DuckDBPyConnection,
    compared: Compared,
    month: date,
    shown: Collection[Path],
) -> None:
    """Each vendor's own figure, and the smallest shown cell that holds the vendor, if any does."""
    figures = connection.sql(_figures(compared), params=compared.days(_days(month))).fetchall()
    rows = [
        (
            month,
            compared.metric_id,
            vendor_id,
            numerator,
            denominator,
            numerator / denominator,
            next((_written(cell) for cell in upwards(tuple(path)) if cell in shown), None),
        )
        for vendor_id, numerator, denominator, _, *path in figures
    ]
    frame = pl.DataFrame(rows, PLACEMENT_COLUMNS, orient="row")
    _insert(connection, "marts.benchmark_placements", frame)


def _figures(compared: Compared) -> str:
    return f"""
        with figures as ({compared.sql()})
        select figures.*, owner_id, category_id, price_band, volume_band
        from figures
        inner join benchmarks.members using (vendor_id)
        where period_date = $first and denominator > 0
    """


def _days(month: date) -> Days:
    return Days(month, last_day(month))


def _edges(
    name: str, unit: str, edges: tuple[int, ...], band: tuple[int, ...]
) -> dict[str, int | None]:
    low, high = bounds(edges, band[0]) if band else (None, None)
    suffix = f"_{unit}" if unit else ""
    return {f"{name}_from{suffix}": low, f"{name}_below{suffix}": high}


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Append the frame's rows, columns matched by name."""
    connection.sql(f"insert into {table} by name select * from frame")


def _written(path: Path) -> str:
    """A cohort as text; a parent's is how its children's begin."""
    return "/" + "".join(f"{part}/" for part in path)


def _read(cohort: str) -> Path:
    return tuple(int(part) for part in cohort.split("/") if part)
