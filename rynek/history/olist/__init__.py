"""The Olist data set (Brazil, 2016-2018): a real marketplace with many vendors.

Source: Brazilian E-Commerce Public Dataset by Olist, CC BY-NC-SA 4.0. The folder holds items,
payments, customers, products and sellers whole, and a part of the orders.
"""

from pathlib import Path

import polars as pl

from rynek.history.folder import Folder
from rynek.history.frames import History
from rynek.history.olist import catalogue, orders
from rynek.history.olist.gaps import gaps
from rynek.history.olist.tables import TIME_ZONE, Tables, read_tables
from rynek.history.olist.totals import KNOWN_ROWS, TOTALS
from rynek.history.reading import Reading

SOURCE = "olist"
CURRENCY = "BRL"


def read(directory: Path) -> Reading:
    """Read the folder; raises DataFolderInvalidError."""
    tables = read_tables(Folder(directory))
    known = orders.read_orders(tables)
    is_known = all(tables[name].height == rows for name, rows in KNOWN_ROWS.items())
    return Reading(_history(tables, known), gaps(tables, known), TOTALS, is_known)


def _history(tables: Tables, known: pl.DataFrame) -> History:
    items = tables["items"]
    opened_at = pl.lit(known["placed_at"].min()).alias("created_at")
    return History.of(
        SOURCE,
        CURRENCY,
        TIME_ZONE,
        vendors=catalogue.vendors(tables["sellers"]).with_columns(opened_at),
        categories=catalogue.categories(tables),
        products=catalogue.products(tables).with_columns(opened_at),
        offers=catalogue.offers(items, known),
        shoppers=catalogue.shoppers(known),
        orders=orders.orders(known),
        vendor_orders=orders.vendor_orders(items, known),
        lines=orders.lines(items),
        payments=orders.payments(known),
    )
