"""The one vendor, its products and offers, and the customers of the Online Retail set."""

import polars as pl

from rynek.history.online_retail.invoices import shopper_ref

VENDOR_REF = "wholesaler"
COUNTRIES = {
    "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Brazil": "BR",
    "Canada": "CA", "Cyprus": "CY", "Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE",
    "Finland": "FI", "France": "FR", "Germany": "DE", "Greece": "GR", "Hong Kong": "HK",
    "Iceland": "IS", "Israel": "IL", "Italy": "IT", "Japan": "JP", "Lebanon": "LB",
    "Lithuania": "LT", "Malta": "MT", "Netherlands": "NL", "Norway": "NO", "Poland": "PL",
    "Portugal": "PT", "RSA": "ZA", "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES",
    "Sweden": "SE", "Switzerland": "CH", "USA": "US", "United Arab Emirates": "AE",
    "United Kingdom": "GB",
}  # fmt: skip


def vendors(rows: pl.DataFrame) -> pl.DataFrame:
    """The seller whom the whole set is about."""
    return rows.select(
        ref=pl.lit(VENDOR_REF),
        name=pl.lit("Online Retail gift wholesaler"),
        country=pl.lit("GB"),
        created_at=pl.col("occurred_at").min(),
    ).head(1)


def products(rows: pl.DataFrame) -> pl.DataFrame:
    """One per stock code, under the description it most often has where it was sold."""
    is_told = (pl.col("title").str.len_chars() > 0) & (pl.col("kind") == "sale")
    sold = pl.col("title").filter(is_told).mode().sort().first()
    return (
        rows.group_by("sku")
        .agg(title=sold, created_at=pl.col("occurred_at").min())
        .select(
            "created_at",
            ref="sku",
            title=pl.coalesce(
                pl.col("title").str.to_titlecase(), pl.lit("Stock code ") + pl.col("sku")
            ),
        )
        .sort("ref")
    )


def offers(rows: pl.DataFrame) -> pl.DataFrame:
    """One per stock code, at the last price above zero."""
    price = pl.col("price_cents").filter(pl.col("price_cents") > 0)
    return (
        rows.sort("occurred_at", "invoice", "number")
        .group_by("sku")
        .agg(price_cents=price.last().fill_null(0), created_at=pl.col("occurred_at").first())
        .select(
            "sku",
            "price_cents",
            "created_at",
            ref="sku",
            product_ref="sku",
            vendor_ref=pl.lit(VENDOR_REF),
            status=pl.lit("active"),
        )
        .sort("ref")
    )


def shoppers(rows: pl.DataFrame) -> pl.DataFrame:
    """Customers by number; where one has two countries, the last; without a code, as a region."""
    people = rows.with_columns(ref=shopper_ref()).filter(pl.col("ref").is_not_null())
    code = pl.col("country").replace_strict(COUNTRIES, default=None, return_dtype=pl.String)
    return (
        people.sort("occurred_at", "invoice", "number")
        .group_by("ref", maintain_order=True)
        .agg(pl.col("country").last(), created_at=pl.col("occurred_at").first())
        .select("ref", "created_at", country=code, region="country")
    )
