"""Fees and shares on whole columns: the twin of the live path's rules, in integer arithmetic.

tests/rynek/history/ holds the two equal on sampled orders.
"""

import polars as pl

from transactional.money import COMMISSION_RATE, PROCESSING_RATE

RATE_SCALE = 10_000


def percentage_cents(amount_cents: pl.Expr, rate: int) -> pl.Expr:
    """`rate` ten-thousandths of `amount_cents` (≥ 0), rounded half up once."""
    return (amount_cents * (2 * rate) + RATE_SCALE) // (2 * RATE_SCALE)


def with_fees(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines (line_cents, shipping_cents) with today's rates and fees frozen on them."""
    taken = pl.col("line_cents") + pl.col("shipping_cents")
    return lines.with_columns(
        commission_rate=pl.lit(COMMISSION_RATE, pl.Int32),
        processing_rate=pl.lit(PROCESSING_RATE, pl.Int32),
        commission_cents=percentage_cents(pl.col("line_cents"), COMMISSION_RATE),
        processing_cents=percentage_cents(taken, PROCESSING_RATE),
    )


def shared(lines: pl.DataFrame, total: str, weight: str, group: list[str]) -> pl.Series:
    """Each line's part of its group's `total` in proportion to `weight`, by largest remainder.

    Lines stand in the order of their positions: of equal remainders the first gets the cent.
    A group whose weights are all zero is shared in equal parts. Int64, one value per line.
    """
    weighed = lines.select(*group, total=pl.col(total), weight=pl.col(weight)).with_row_index("row")
    weighed = weighed.with_columns(weight=_never_all_zero("weight", group))
    product = pl.col("total") * pl.col("weight")
    whole = pl.col("weight").sum().over(group)
    parts = weighed.with_columns(part=product // whole, remainder=product % whole)
    left = pl.col("total") - pl.col("part").sum().over(group)
    ranked = parts.with_columns(left=left).sort("remainder", descending=True, maintain_order=True)
    extra = pl.col("row").cum_count().over(group) <= pl.col("left")
    return ranked.with_columns(pl.col("part") + extra.cast(pl.Int64)).sort("row")["part"]


def _never_all_zero(weight: str, group: list[str]) -> pl.Expr:
    is_weightless = pl.col(weight).sum().over(group) == 0
    return pl.when(is_weightless).then(1).otherwise(pl.col(weight)).cast(pl.Int64)
