"""The journals and postings of a history: the live path's rules on whole columns. Pure.

Debits are positive, credits negative. Postings name their journal by (kind, subject_id) until the
journals have ids.
"""

import polars as pl

KINDS = pl.Enum(["sale", "import_difference", "transfer", "adjustment"])
ACCOUNTS = pl.Enum(
    [
        "stripe_balance",
        "vendor_payable",
        "commission_revenue",
        "processing_recovery",
        "import_difference",
        "adjustments",
    ]
)
_PREFIXES = {"sale": "ord_", "import_difference": "ord_", "transfer": "tr_", "adjustment": "adj_"}


def sale_postings(orders: pl.DataFrame, vendor_orders: pl.DataFrame) -> pl.DataFrame:
    """What paid orders (order_id, occurred_at, sums) and their vendor orders move at payment."""
    net, total = pl.col("net_cents"), pl.col("total_cents")
    commission, processing = pl.col("commission_cents"), pl.col("processing_cents")
    return pl.concat(
        [
            _posting(orders, "sale", "order_id", "stripe_balance", total),
            _posting(vendor_orders, "sale", "order_id", "vendor_payable", -net),
            _posting(orders, "sale", "order_id", "commission_revenue", -commission),
            _posting(orders, "sale", "order_id", "processing_recovery", -processing),
        ]
    )


def transfer_postings(transfers: pl.DataFrame) -> pl.DataFrame:
    """What transfers (transfer_id, order_id, vendor_id, amount_cents, occurred_at) move."""
    amount = pl.col("amount_cents")
    return pl.concat(
        [
            _posting(transfers, "transfer", "transfer_id", "vendor_payable", amount),
            _posting(transfers, "transfer", "transfer_id", "stripe_balance", -amount),
        ]
    )


def difference_postings(differences: pl.DataFrame) -> pl.DataFrame:
    """Orders (order_id, difference_cents, occurred_at) for which more or less came in than sold."""
    amount = pl.col("difference_cents")
    return pl.concat(
        [
            _posting(differences, "import_difference", "order_id", "stripe_balance", amount),
            _posting(differences, "import_difference", "order_id", "import_difference", -amount),
        ]
    )


def adjustment_postings(adjustments: pl.DataFrame) -> pl.DataFrame:
    """What adjustments (adjustment_id, vendor_id, amount_cents, occurred_at) move.

    An amount below zero takes from the vendor.
    """
    of_no_order = adjustments.with_columns(order_id=pl.lit(None, pl.Int64))
    amount = pl.col("amount_cents")
    return pl.concat(
        [
            _posting(of_no_order, "adjustment", "adjustment_id", "vendor_payable", -amount),
            _posting(of_no_order, "adjustment", "adjustment_id", "adjustments", amount),
        ]
    )


def _posting(
    rows: pl.DataFrame, kind: str, subject: str, account: str, amount: pl.Expr
) -> pl.DataFrame:
    vendor = pl.col("vendor_id") if account == "vendor_payable" else pl.lit(None, pl.Int64)
    return rows.select(
        "order_id",
        "occurred_at",
        kind=pl.lit(kind, KINDS),
        subject_id=pl.col(subject),
        account=pl.lit(account, ACCOUNTS),
        vendor_id=vendor,
        amount_cents=amount,
    )


def journals_of(postings: pl.DataFrame, currency: str) -> pl.DataFrame:
    """kind, subject_id, order_id, reference, currency, occurred_at: one row per journal.

    What moves nothing has no journal.
    """
    prefix = pl.col("kind").replace_strict(_PREFIXES, return_dtype=pl.String)
    return (
        moving(postings)
        .group_by("kind", "subject_id")
        .agg(pl.col("order_id", "occurred_at").first())
        .sort("occurred_at", "kind", "subject_id")
        .with_columns(
            reference=prefix + pl.col("subject_id").cast(pl.String),
            currency=pl.lit(currency),
        )
    )


def moving(postings: pl.DataFrame) -> pl.DataFrame:
    """The postings that move something."""
    return postings.filter(pl.col("amount_cents") != 0)
