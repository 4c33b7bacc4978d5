"""Forecasts and lost sales of a whole market's listings: whole categories at a time."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from models.arrays import Float64, Int64
from models.demand.classes import CLASSES
from models.demand.forecast import METHODS, Forecast, forecast
from models.demand.lost_sales import LostSales, lost_sales
from models.demand.reorder import Policy, restock
from models.demand.sales import Sales

AT_ONCE = 50_000
MONTH_DAYS = 28
LOOK_BACK_DAYS = 90
LOW, HIGH = 0.05, 0.95


class Outlook(NamedTuple):
    """Tables in the columns of marts.forecasts and of marts.lost_sales."""

    forecasts: pl.DataFrame
    lost: pl.DataFrame


def outlook(
    listings: pl.DataFrame,
    sold: pl.DataFrame,
    spells: pl.DataFrame,
    first: date,
    days: int,
    policy: Policy,
    on_part: Callable[[int], None] = lambda done: None,
) -> Outlook:
    """What every listing will sell, and what every vendor lost by day to empty shelves.

    listings: offer_id, product_id, vendor_id, category, price_cents, available_units, opening_day
    (sorted by category); sold: offer_id, day, units; spells without stock: offer_id, begins, ends,
    in days from `first`; on_part hears of the listings done.
    """
    parts = []
    for part in _parts(listings):
        sales = sales_of(part, sold, spells, first, days)
        parts.append(_outlook(part, sales, first, policy))
        on_part(part.height)
    if not parts:
        return _outlook(listings, _nothing(first), first, policy)
    tables, lost = zip(*parts, strict=True)
    return Outlook(pl.concat(tables), _by_vendor(pl.concat(lost)))


def _outlook(listings: pl.DataFrame, sales: Sales, first: date, policy: Policy) -> Outlook:
    lost = lost_sales(sales)
    ahead = first + timedelta(days=sales.n_days)
    return Outlook(
        _forecasts(listings, sales, lost, ahead, policy), _lost_by_day(listings, lost, first)
    )


def sales_of(
    listings: pl.DataFrame, sold: pl.DataFrame, spells: pl.DataFrame, first: date, days: int
) -> Sales:
    """The listings' sales; a listing is closed before it was opened or first sold."""
    numbered = listings.select("offer_id").with_row_index("listing")
    units = sold.join(numbered, on="offer_id")
    begun = units.group_by("listing").agg(first_day=pl.col("day").min())
    opening = (
        listings.with_row_index("listing")
        .join(begun, on="listing", how="left")
        .select("listing", begins=pl.lit(0.0), ends=_opened(days))
        .filter(pl.col("ends") > 0)
    )
    out = spells.join(numbered, on="offer_id").select("listing", "begins", "ends")
    closed = pl.concat([out.cast(opening.schema), opening])
    return Sales.of(
        (days, listings.height),
        units["day"].to_numpy().astype(np.int64),
        units["listing"].to_numpy().astype(np.int64),
        units["units"].to_numpy(),
        listings["category"].rank("dense").to_numpy().astype(np.int64) - 1,
        first.weekday(),
        _by_day(closed, days),
    )


def _opened(days: int) -> pl.Expr:
    day = pl.min_horizontal(pl.col("opening_day"), pl.col("first_day"))
    return day.clip(0, days).cast(pl.Float64)


def _by_day(closed: pl.DataFrame, days: int) -> tuple[Int64, Int64, Float64]:
    """(day, listing, part of the day closed) of spells that begin and end within days."""
    begins = closed["begins"].clip(0, days).to_numpy()
    ends = closed["ends"].clip(0, days).to_numpy()
    from_day = np.floor(begins).astype(np.int64)
    length = np.maximum(np.ceil(ends).astype(np.int64) - from_day, 0)
    spell = np.repeat(np.arange(len(length)), length)
    day = from_day[spell] + np.arange(len(spell)) - np.repeat(np.cumsum(length) - length, length)
    share = np.minimum(ends[spell], day + 1) - np.maximum(begins[spell], day)
    return day, closed["listing"].to_numpy().astype(np.int64)[spell], share


def _parts(listings: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Whole categories together, up to AT_ONCE; a larger category comes in several parts."""
    held: list[pl.DataFrame] = []
    for category in listings.partition_by("category", maintain_order=True):
        for part in category.iter_slices(AT_ONCE):
            if held and sum(len(other) for other in held) + len(part) > AT_ONCE:
                yield pl.concat(held)
                held = []
            held.append(part)
    if held:
        yield pl.concat(held)


def _nothing(first: date) -> Sales:
    empty = np.zeros((1, 0), np.float32)
    return Sales(empty, empty, np.zeros(0, np.int64), first.weekday())


def _lost_by_day(listings: pl.DataFrame, lost: LostSales, first: date) -> pl.DataFrame:
    day, listing = np.nonzero(lost.mean)
    of_days = pl.DataFrame(
        {"listing": listing, "day": day, "lost_units": lost.mean[day, listing]},
        {"listing": pl.UInt32, "day": pl.Int64, "lost_units": pl.Float64},
    )
    priced = listings.select("vendor_id", "price_cents").with_row_index("listing")
    return _by_vendor(
        of_days.join(priced, on="listing").select(
            "vendor_id",
            pl.lit(first).dt.offset_by(pl.format("{}d", "day")).alias("sale_date"),
            "lost_units",
            lost_cents=pl.col("lost_units") * pl.col("price_cents"),
        )
    )


def _by_vendor(lost: pl.DataFrame) -> pl.DataFrame:
    return lost.group_by("vendor_id", "sale_date").sum().sort("vendor_id", "sale_date")


def _forecasts(
    listings: pl.DataFrame, sales: Sales, daily: LostSales, ahead: date, policy: Policy
) -> pl.DataFrame:
    found = forecast(sales)
    available = listings["available_units"].to_numpy()
    advice = restock(found, available, policy)
    lost = daily.since(max(sales.n_days - LOOK_BACK_DAYS, 0))
    return listings.select("offer_id", "product_id", "vendor_id", "available_units").with_columns(
        **_named(found),
        first_date=pl.lit(ahead),
        days_of_cover=advice.days_of_cover,
        lead_days=pl.lit(policy.lead_days, pl.Int32),
        service_level=pl.lit(policy.service_level),
        reorder_point=advice.reorder_point,
        order_units=advice.order_units,
        closed_days=lost.closed_days,
        lost_units=lost.mean,
        lost_low=lost.quantile(LOW).astype(np.int64),
        lost_high=lost.quantile(HIGH).astype(np.int64),
    )


def _named(found: Forecast) -> dict[str, pl.Series]:
    quantiles = {
        name: pl.Series(found.total_quantile(share, MONTH_DAYS).astype(np.int64))
        for name, share in (("month_low", LOW), ("month_median", 0.5), ("month_high", HIGH))
    }
    return quantiles | {
        "demand_class": pl.Series(np.array(CLASSES)[found.demand_class], dtype=pl.String),
        "method": pl.Series(np.array(METHODS)[found.method], dtype=pl.String),
        "weekday_units": pl.Series(found.week.T.tolist(), dtype=pl.List(pl.Float64)),
        "level_variance": pl.Series(found.variance),
        "dispersion": pl.Series(found.dispersion),
        "month_units": pl.Series(found.total(MONTH_DAYS)),
    }
