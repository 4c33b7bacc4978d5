"""What the Online Retail set lacks or holds untidily, counted."""

import polars as pl

from rynek.history.online_retail.catalogue import COUNTRIES
from rynek.history.reading import Filled


def gaps(rows: pl.DataFrame) -> tuple[Filled, ...]:
    """The account of the import, rows as `read_invoices` gives them."""
    return (*_of_kinds(rows), *_of_prices(rows), *_of_people(rows))


def _of_kinds(rows: pl.DataFrame) -> list[Filled]:
    counts = dict(rows.group_by("kind").len().iter_rows())
    negative = rows.filter((pl.col("quantity") < 0) & (pl.col("kind") == "stock_correction")).height
    return [
        Filled("cancelled lines (C…)", counts.get("cancellation", 0), "adjustment: cancellation"),
        Filled("written-off lines (A…)", counts.get("bad_debt", 0), "adjustment: bad_debt"),
        Filled(
            "lines of free invoices of nobody",
            counts.get("stock_correction", 0) - negative,
            "adjustment: stock_correction; goods were counted, not sold",
        ),
        Filled(
            "negative lines that are no cancellations", negative, "adjustment: stock_correction"
        ),
    ]


def _of_prices(rows: pl.DataFrame) -> list[Filled]:
    mills = pl.col("price_mills")
    return [
        Filled("zero prices", rows.filter(mills == 0).height, "kept at 0.00"),
        Filled("negative prices", rows.filter(mills < 0).height, "an adjustment of that amount"),
        Filled(
            "prices below a penny",
            rows.filter((mills > 0) & (mills < 10)).height,
            "each line rounded to the penny, half up",
        ),
    ]


def _of_people(rows: pl.DataFrame) -> list[Filled]:
    nobody = rows.filter(pl.col("customer").is_null() & (pl.col("kind") == "sale"))
    unnamed = rows.group_by("sku").agg((pl.col("kind") == "sale").any()).filter(~pl.col("kind"))
    countries = rows.filter(~pl.col("country").is_in(list(COUNTRIES)))
    return [
        Filled("sellers", 1, "the set has one: the wholesaler itself"),
        Filled(
            "invoices without a customer",
            nobody["invoice"].n_unique(),
            "each order is its own shopper",
        ),
        Filled("stock codes never sold", unnamed.height, "named by their code"),
        Filled(
            "lines of a country without a code", countries.height, "kept as the shopper's region"
        ),
        Filled(
            "payments and deliveries",
            rows.filter(pl.col("kind") == "sale")["invoice"].n_unique(),
            "paid in full when invoiced, delivered at a time not known",
        ),
    ]
