"""The lines of the Online Retail file: what each is, in pence and UTC."""

import polars as pl

from rynek.history.folder import AMOUNT, OPTIONAL, TEXT, TIME, WHOLE, Folder, utc

TIME_ZONE = "Europe/London"
COLUMNS = {
    "InvoiceNo": TEXT,
    "StockCode": TEXT,
    "Description": TEXT + OPTIONAL,
    "Quantity": WHOLE,
    "InvoiceDate": TIME,
    "UnitPrice": AMOUNT,
    "CustomerID": WHOLE + OPTIONAL,
    "Country": TEXT,
}


def read_invoices(folder: Folder) -> pl.DataFrame:
    """One row per line of the file, in its order.

    invoice, number (within the invoice), sku, title, quantity, occurred_at, price_cents,
    amount_cents, customer, country, kind (sale, cancellation, bad_debt or stock_correction).
    """
    rows = folder.table("online_retail", COLUMNS).select(
        invoice="InvoiceNo",
        number=pl.int_range(1, pl.len() + 1).over("InvoiceNo"),
        sku="StockCode",
        title=pl.col("Description").str.strip_chars(),
        quantity=pl.col("Quantity").cast(pl.Int64),
        occurred_at=utc("InvoiceDate", TIME_ZONE),
        price_mills=(pl.col("UnitPrice") * 1000).round().cast(pl.Int64),
        customer=pl.col("CustomerID").cast(pl.String),
        country="Country",
    )
    return rows.with_columns(
        price_cents=_rounded(pl.col("price_mills")),
        amount_cents=_rounded(pl.col("price_mills") * pl.col("quantity")),
        kind=_kind(),
    )


def _rounded(mills: pl.Expr) -> pl.Expr:
    """Tenths of a penny as pence, half away from zero."""
    return (mills.abs() + 5) // 10 * mills.sign()


def _kind() -> pl.Expr:
    """Where nothing on an invoice has a price and nobody is named, goods were counted, not sold."""
    invoice = pl.col("invoice")
    is_free = (pl.col("price_mills") == 0).all().over("invoice")
    is_counted = is_free & pl.col("customer").is_null()
    return (
        pl.when(invoice.str.starts_with("C"))
        .then(pl.lit("cancellation"))
        .when(invoice.str.starts_with("A"))
        .then(pl.lit("bad_debt"))
        .when(is_counted | (pl.col("quantity") < 0))
        .then(pl.lit("stock_correction"))
        .otherwise(pl.lit("sale"))
    )


def shopper_ref() -> pl.Expr:
    """An invoice without a customer is its own shopper, where it is a sale."""
    own = pl.when(pl.col("kind") == "sale").then(pl.lit("invoice:") + pl.col("invoice"))
    return pl.coalesce("customer", own)
