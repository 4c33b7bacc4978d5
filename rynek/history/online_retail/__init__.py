"""The UCI Online Retail data set (2010-2011): one British gift wholesaler.

Source: Online Retail, UCI Machine Learning Repository, CC BY 4.0.
"""

from pathlib import Path

import polars as pl

from rynek.history.folder import Folder
from rynek.history.frames import History
from rynek.history.online_retail import catalogue, trade
from rynek.history.online_retail.gaps import gaps
from rynek.history.online_retail.invoices import TIME_ZONE, read_invoices
from rynek.history.online_retail.totals import KNOWN_ROWS, TOTALS
from rynek.history.reading import Reading, paid_in_full

SOURCE = "online-retail"
CURRENCY = "GBP"


def read(directory: Path) -> Reading:
    """Read the folder; raises DataFolderInvalidError."""
    rows = read_invoices(Folder(directory))
    return Reading(_history(rows), gaps(rows), TOTALS, rows.height == KNOWN_ROWS)


def _history(rows: pl.DataFrame) -> History:
    sold = rows.filter(pl.col("kind") == "sale")
    orders, vendor_orders, lines = trade.orders(sold), trade.vendor_orders(sold), trade.lines(sold)
    return History.of(
        SOURCE,
        CURRENCY,
        TIME_ZONE,
        vendors=catalogue.vendors(rows),
        products=catalogue.products(rows),
        offers=catalogue.offers(rows),
        shoppers=catalogue.shoppers(rows),
        orders=orders,
        vendor_orders=vendor_orders,
        lines=lines,
        payments=paid_in_full(orders, vendor_orders, lines),
        adjustments=trade.adjustments(rows.filter(pl.col("kind") != "sale")),
    )
