"""A card: what is the case, why we say so, what acting on it is worth, and the one thing to do.

Effects are cents over the next 28 days unless the card says otherwise, with the interval that holds
the truth nine times in ten. Confidence follows from how wide that is beside the effect.
"""

import polars as pl

SCHEMA = pl.Schema(
    {
        "vendor_id": pl.Int64(),
        "kind": pl.String(),
        "offer_id": pl.Int64(),
        "product_id": pl.Int64(),
        "what": pl.String(),
        "why": pl.String(),
        "action": pl.String(),
        "effect_cents": pl.Int64(),
        "effect_low_cents": pl.Int64(),
        "effect_high_cents": pl.Int64(),
        "confidence": pl.String(),
        "rank": pl.Int32(),
    }
)
MOST_OF_A_KIND, MOST_CARDS = 3, 10
HIGH_BELOW, MEDIUM_BELOW = 0.75, 1.5
SHARE = 0.9


def ranked(cards: list[pl.DataFrame]) -> pl.DataFrame:
    """All kinds' cards together, at most so many of a kind and of a vendor, the largest first."""
    together = pl.concat([_conformed(part) for part in cards]).with_columns(_holding_effect())
    together = together.with_columns(_confidence())
    by_effect = (
        together.with_columns(_is_no_gain())
        .sort(
            "vendor_id",
            "is_no_gain",
            "effect_cents",
            "kind",
            "offer_id",
            descending=[False, False, True, False, False],
        )
        .filter(pl.int_range(pl.len()).over("vendor_id", "kind") < MOST_OF_A_KIND)
    )
    place = (pl.int_range(pl.len()).over("vendor_id") + 1).cast(pl.Int32)
    return (
        by_effect.with_columns(rank=place)
        .filter(pl.col("rank") <= MOST_CARDS)
        .select(SCHEMA.names())
    )


def _conformed(cards: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in SCHEMA if name not in ("confidence", "rank")]
    return cards.select(pl.col(name).cast(SCHEMA[name]) for name in names)


def _holding_effect() -> list[pl.Expr]:
    """The mean of what hardly ever sells lies beyond its quantiles, which are whole units."""
    effect = pl.col("effect_cents")
    return [
        pl.min_horizontal("effect_low_cents", effect).alias("effect_low_cents"),
        pl.max_horizontal("effect_high_cents", effect).alias("effect_high_cents"),
    ]


def _is_no_gain() -> pl.Expr:
    """The worth of what lies too long is not to be had by tomorrow: such cards come last."""
    return (pl.col("kind") == "slow_stock").alias("is_no_gain")


def _confidence() -> pl.Expr:
    width = pl.col("effect_high_cents") - pl.col("effect_low_cents")
    relative = width / pl.max_horizontal(pl.col("effect_cents").abs(), 1)
    return (
        pl.when(relative < HIGH_BELOW)
        .then(pl.lit("high"))
        .when(relative < MEDIUM_BELOW)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
        .alias("confidence")
    )


def cents(units: pl.Expr) -> pl.Expr:
    """What so many units are worth at today's price."""
    return (units * pl.col("price_cents")).round().cast(pl.Int64)


def whole(number: pl.Expr) -> pl.Expr:
    return number.round().cast(pl.Int64).cast(pl.String)


def tenth(number: pl.Expr) -> pl.Expr:
    """With one decimal while it is small."""
    return pl.when(number < 10).then(number.round(1).cast(pl.String)).otherwise(whole(number))


def percent(share: pl.Expr) -> pl.Expr:
    return (share * 100).round(1).cast(pl.String) + " %"


def some(count: pl.Expr, one: str, many: str) -> pl.Expr:
    """`3 units`, `1 unit`."""
    word = pl.when(count == 1).then(pl.lit(one)).otherwise(pl.lit(many))
    return count.cast(pl.String) + " " + word
