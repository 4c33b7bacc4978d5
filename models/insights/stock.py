"""Cards about stock: what ran out and cost sales, what will run out, what lies too long."""

import polars as pl

from models.insights.cards import cents, some, tenth, whole

LOOK_BACK_DAYS = 90
FEWEST_LOST = 1.0
SLOW_COVER_DAYS, SLOW_UNITS = 180.0, 5


def lost_sales(listings: pl.DataFrame) -> pl.DataFrame:
    """What stock-outs cost lately, where it was at least a unit.

    listings: vendor_id, offer_id, product_id, title, price_cents, closed_days, lost_units,
    lost_low, lost_high (of the last LOOK_BACK_DAYS), order_units.
    """
    return listings.filter(pl.col("lost_units") >= FEWEST_LOST).with_columns(
        kind=pl.lit("lost_sales"),
        what="“" + pl.col("title") + "” was sold out on " + _days(pl.col("closed_days")),
        why="Over the last " + pl.lit(str(LOOK_BACK_DAYS)) + " days about "
        + tenth(pl.col("lost_units")) + " units would have sold meanwhile ("
        + whole(pl.col("lost_low")) + " to " + whole(pl.col("lost_high"))
        + "), going by the days around",
        action=_order("Keep more of it: reorder at the point shown in its forecast"),
        effect_cents=cents(pl.col("lost_units")),
        effect_low_cents=cents(pl.col("lost_low")),
        effect_high_cents=cents(pl.col("lost_high")),
    )  # fmt: skip


def restock(listings: pl.DataFrame) -> pl.DataFrame:
    """What will run out before a delivery can come.

    listings: as above, with available_units, month_units, days_of_cover, lead_days, order_units,
    saved_units, saved_low, saved_high: what sells in the next 28 days beyond what is there.
    """
    is_due = (pl.col("order_units") > 0) & (pl.col("saved_units") >= FEWEST_LOST)
    return listings.filter(is_due).with_columns(
        kind=pl.lit("restock"),
        what="“" + pl.col("title") + "” "
        + pl.when(pl.col("available_units") > 0)
        .then("runs out in about " + _days(pl.col("days_of_cover")))
        .otherwise(pl.lit("is sold out")),
        why=some(pl.col("available_units"), "unit", "units") + " left, "
        + tenth(pl.col("month_units")) + " a month expected; a delivery is taken to need "
        + pl.col("lead_days").cast(pl.String) + " days",
        action=_order("Order now"),
        effect_cents=cents(pl.col("saved_units")),
        effect_low_cents=cents(pl.col("saved_low")),
        effect_high_cents=cents(pl.col("saved_high")),
    )  # fmt: skip


def slow_stock(listings: pl.DataFrame) -> pl.DataFrame:
    """What would lie for half a year and more; the effect is its worth at today's price.

    listings: as above, with excess_units, excess_low, excess_high: what is left after
    SLOW_COVER_DAYS.
    """
    is_slow = (pl.col("days_of_cover") > SLOW_COVER_DAYS) & (pl.col("excess_low") >= SLOW_UNITS)
    return listings.filter(is_slow).with_columns(
        kind=pl.lit("slow_stock"),
        what="“" + pl.col("title") + "” sells slowly: " + whole(pl.col("excess_units"))
        + " units too many",
        why=some(pl.col("available_units"), "unit", "units") + " lie there and "
        + tenth(pl.col("month_units")) + " a month are expected; after half a year "
        + whole(pl.col("excess_low")) + " to " + whole(pl.col("excess_high")) + " would be left",
        action=pl.lit("Order no more of it for now, and offer it cheaper or together with others"),
        effect_cents=cents(pl.col("excess_units")),
        effect_low_cents=cents(pl.col("excess_low")),
        effect_high_cents=cents(pl.col("excess_high")),
    )  # fmt: skip


def _days(count: pl.Expr) -> pl.Expr:
    return some(count.ceil().cast(pl.Int64), "day", "days")


def _order(otherwise: str) -> pl.Expr:
    units = some(pl.col("order_units"), "unit", "units")
    return pl.when(pl.col("order_units") > 0).then("Order " + units).otherwise(pl.lit(otherwise))
