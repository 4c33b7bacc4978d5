"""What an import's reader hands over: the history, and an account of what it had to fill in."""

from dataclasses import dataclass

import polars as pl

from rynek.history.frames import History
from rynek.history.totals import Total


@dataclass(frozen=True)
class Filled:
    """Something the set lacks or holds untidily: what, how often, and what stands there now."""

    what: str
    count: int
    how: str


@dataclass(frozen=True)
class Reading:
    """A data folder, read."""

    history: History
    filled: tuple[Filled, ...]
    totals: tuple[Total, ...]
    is_known: bool
    """Whether the folder holds the whole set that `totals` are known of."""

    @property
    def source(self) -> str:
        """The name under which the rows are found again."""
        return self.history.source


def paid_in_full(
    orders: pl.DataFrame, vendor_orders: pl.DataFrame, lines: pl.DataFrame
) -> pl.DataFrame:
    """Payments for a set that records none: each paid order's total, when it was paid."""
    items = lines.select("order_ref", amount_cents="line_cents")
    shipping = vendor_orders.select("order_ref", amount_cents="shipping_cents")
    totals = pl.concat([items, shipping]).group_by("order_ref").agg(pl.col("amount_cents").sum())
    return (
        orders.filter(pl.col("status") == "paid")
        .select(order_ref="ref", succeeded_at="paid_at")
        .join(totals, on="order_ref", maintain_order="left")
    )
