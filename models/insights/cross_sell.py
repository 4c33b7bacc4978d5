"""Cards about what sells together: two products of one vendor, more often than by chance."""

import polars as pl
from scipy.stats import norm

from models.insights.cards import SHARE, cents

LEAST_LIFT = 1.5
FEWEST_TOGETHER = 5


def cross_sell(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs whose lift is surely above LEAST_LIFT; the effect: half as many buyers again add it.

    pairs: vendor_id, offer_id, product_id, title, other_title, price_cents (of the other),
    both_orders, product_orders, other_orders, total_orders, lift, month_orders (of the product).
    """
    reach = float(norm.ppf((1 + SHARE) / 2)) / pl.col("both_orders").sqrt()
    added = 0.5 * pl.col("both_orders") / pl.col("product_orders") * pl.col("month_orders")
    return (
        pairs.filter(pl.col("both_orders") >= FEWEST_TOGETHER)
        .with_columns(low=pl.col("lift") * (-reach).exp(), high=pl.col("lift") * reach.exp())
        .filter(pl.col("low") > LEAST_LIFT)
        .with_columns(
            kind=pl.lit("cross_sell"),
            what="“" + pl.col("title") + "” and “" + pl.col("other_title") + "” sell together",
            why=pl.col("both_orders").cast(pl.String) + " orders held both, "
            + pl.col("lift").round(1).cast(pl.String) + " times as many as by chance ("
            + pl.col("low").round(1).cast(pl.String) + " to "
            + pl.col("high").round(1).cast(pl.String) + ")",
            action="Offer “" + pl.col("other_title") + "” with “" + pl.col("title") + "”",
            effect_cents=cents(added),
            effect_low_cents=cents(added * pl.col("low") / pl.col("lift")),
            effect_high_cents=cents(added * pl.col("high") / pl.col("lift")),
        )
    )  # fmt: skip
