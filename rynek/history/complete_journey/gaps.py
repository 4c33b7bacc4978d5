"""What the Complete Journey set lacks or holds untidily, counted."""

import polars as pl

from rynek.history.complete_journey.tables import UNKNOWN_MANUFACTURER, Tables
from rynek.history.reading import Filled


def gaps(tables: Tables) -> tuple[Filled, ...]:
    """The account of the import, tables as `read_tables` gives them."""
    return (*_of_catalogue(tables), *_of_lines(tables["lines"]))


def _of_catalogue(tables: Tables) -> list[Filled]:
    products, lines = tables["products"], tables["lines"]
    unlisted = products.filter(~pl.col("is_listed")).height
    unsold = products.join(lines, on="product", how="anti").height
    return [
        Filled("vendors", products["manufacturer"].n_unique(), "manufacturers stand for them"),
        Filled("products without a title", products.height, "named by type and package size"),
        Filled("products sold but not listed", unlisted, "of a manufacturer not known"),
        Filled("products never sold", unsold, "their price is not known: the offer is paused"),
        Filled(
            "lines of products not listed",
            lines.filter(pl.col("manufacturer") == UNKNOWN_MANUFACTURER).height,
            "sold by the manufacturer not known",
        ),
    ]


def _of_lines(lines: pl.DataFrame) -> list[Filled]:
    units, cents = pl.col("quantity"), pl.col("line_cents")
    uneven = lines.filter(units > 0).filter(cents % units != 0).height
    return [
        Filled("lines of quantity 0", lines.filter(units == 0).height, "kept, with their amount"),
        Filled(
            "lines whose cents do not divide by the quantity",
            uneven,
            "the line keeps its total; the unit price is derived",
        ),
        Filled("units on the largest line", lines.select(units.max()).item(), "kept: fuel"),
        Filled(
            "payments and deliveries",
            lines["basket"].n_unique(),
            "paid in full and taken home at the till, no shipping",
        ),
    ]
