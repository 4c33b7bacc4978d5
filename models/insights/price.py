"""Cards about prices: a small step in the direction in which revenue grew with the price before.

An association, not a promise: what else changed with the price is not known. So a step is at most
a tenth, stays inside the prices already seen, and is left out where the sign is not clear.
"""

import polars as pl
from scipy.stats import norm

from models.insights.cards import SHARE, cents, percent

LARGEST_STEP = 0.10
SMALLEST_STEP = 0.02


def price(listings: pl.DataFrame) -> pl.DataFrame:
    """Cards for listings whose revenue should grow by a step of the price.

    listings: vendor_id, offer_id, product_id, title, price_cents, lowest_cents, highest_cents,
    elasticity, elasticity_error, is_refused, month_units (expected in 28 days).
    """
    reach = float(norm.ppf((1 + SHARE) / 2))
    low = pl.col("elasticity") - reach * pl.col("elasticity_error")
    high = pl.col("elasticity") + reach * pl.col("elasticity_error")
    stepped = (
        listings.filter(~pl.col("is_refused"))
        .with_columns(low=low, high=high)
        .with_columns(step=_step())
        .filter(pl.col("step").abs() >= SMALLEST_STEP)
    )
    worst, best = _revenue(pl.col("low")), _revenue(pl.col("high"))
    return (
        stepped.with_columns(
            gain=_revenue(pl.col("elasticity")),
            gain_low=pl.min_horizontal(worst, best),
            gain_high=pl.max_horizontal(worst, best),
        )
        .filter(pl.col("gain_low") > 0)
        .with_columns(
            kind=pl.lit("price"),
            what="“" + pl.col("title") + "” earned more at a "
            + pl.when(pl.col("step") > 0).then(pl.lit("higher")).otherwise(pl.lit("lower"))
            + " price",
            why="When its price moved by 1 %, units moved by "
            + pl.col("elasticity").round(1).cast(pl.String) + " % ("
            + pl.col("low").round(1).cast(pl.String) + " to "
            + pl.col("high").round(1).cast(pl.String)
            + "): seen together in the past, not proven to follow",
            action="Try it " + percent(pl.col("step").abs())
            + pl.when(pl.col("step") > 0).then(pl.lit(" dearer")).otherwise(pl.lit(" cheaper")),
            effect_cents=cents(pl.col("month_units") * pl.col("gain")),
            effect_low_cents=cents(pl.col("month_units") * pl.col("gain_low")),
            effect_high_cents=cents(pl.col("month_units") * pl.col("gain_high")),
        )
        .filter(pl.col("effect_cents") > 0)
    )  # fmt: skip


def _step() -> pl.Expr:
    """Up where demand surely moves less than the price, down where surely more, else not at all."""
    up = pl.min_horizontal(pl.col("highest_cents") / pl.col("price_cents") - 1, LARGEST_STEP)
    down = pl.max_horizontal(pl.col("lowest_cents") / pl.col("price_cents") - 1, -LARGEST_STEP)
    return (
        pl.when(pl.col("low") > -1)
        .then(pl.max_horizontal(up, 0.0))
        .when(pl.col("high") < -1)
        .then(pl.min_horizontal(down, 0.0))
        .otherwise(0.0)
    )


def _revenue(elasticity: pl.Expr) -> pl.Expr:
    """Relative change of revenue by the step, at constant elasticity."""
    return ((pl.col("step") + 1).log() * (elasticity + 1)).exp() - 1
