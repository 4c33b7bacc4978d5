"""The files of the Complete Journey folder, checked, in cents and UTC."""

import polars as pl

from rynek.history.folder import AMOUNT, OPTIONAL, TEXT, TIME, WHOLE, Folder, cents_of

# The file's times are UTC: in this zone the first and the last purchase lie in 2017.
TIME_ZONE = "America/New_York"
UNKNOWN_MANUFACTURER = "unknown"

Tables = dict[str, pl.DataFrame]

TRANSACTIONS = {
    "household_id": WHOLE,
    "basket_id": WHOLE,
    "product_id": WHOLE,
    "quantity": WHOLE,
    "sales_value": AMOUNT,
    "transaction_timestamp": TIME,
}
PRODUCTS = {
    "product_id": WHOLE,
    "manufacturer_id": WHOLE,
    "department": TEXT,
    "brand": TEXT,
    "product_category": TEXT + OPTIONAL,
    "product_type": TEXT + OPTIONAL,
    "package_size": TEXT + OPTIONAL,
}


def read_tables(folder: Folder) -> Tables:
    """lines (basket, household, product, quantity, line_cents, bought_at, manufacturer), products.

    Products that were bought but are not in the catalogue are added, of an unknown manufacturer.
    """
    lines = folder.table("transactions", TRANSACTIONS).select(
        "quantity",
        basket=_text("basket_id"),
        household=_text("household_id"),
        product=_text("product_id"),
        line_cents=cents_of("sales_value"),
        bought_at=pl.col("transaction_timestamp").dt.replace_time_zone("UTC"),
    )
    products = _products(folder.table("products", PRODUCTS), lines)
    makers = products.select("product", "manufacturer")
    return {
        "lines": lines.join(makers, on="product", maintain_order="left"),
        "products": products,
    }


def _products(catalogue: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    listed = catalogue.select(
        "department",
        "brand",
        "product_category",
        "product_type",
        "package_size",
        product=_text("product_id"),
        manufacturer=_text("manufacturer_id"),
        is_listed=pl.lit(True),
    )
    unlisted = lines.select("product").unique().join(listed, on="product", how="anti")
    unlisted = unlisted.with_columns(
        manufacturer=pl.lit(UNKNOWN_MANUFACTURER), is_listed=pl.lit(False)
    )
    return pl.concat([listed, unlisted], how="diagonal").sort("product")


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)
