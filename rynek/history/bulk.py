"""The one bulk path: a whole history into the market's tables in one transaction, ledger and all.

It writes no facts: what is imported reaches the warehouse with the next load.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import psycopg
from psycopg import Connection, sql
from rich.console import Console
from rich.progress import Progress

from rynek.history import ledger, rules
from rynek.history.behaviour import write_events
from rynek.history.books import open_platform_accounts, write_books
from rynek.history.catalogue import enter
from rynek.history.copying import Copier, progress_on
from rynek.history.errors import CurrencyMismatchError
from rynek.history.frames import History
from rynek.history.identifiers import resolve
from rynek.history.prices import write_prices
from rynek.history.sales import Sales, sold_units
from rynek.history.stock import write_stock
from rynek.history.trade import Trade, write_adjustments, write_trade

# Two imports at once would both find nothing there; the number only has to be ours.
IMPORT_LOCK = 7_301_986


@contextmanager
def bulk_load(database_url: str, console: Console | None) -> Iterator[tuple[Connection, Progress]]:
    """A connection for `load` and its progress bar, on standard error unless `console` is given.

    Commits at the end of the block, rolls back when it raises.
    """
    with psycopg.connect(database_url) as connection:
        open_platform_accounts(connection)
        connection.commit()
        with progress_on(console or Console(stderr=True)) as progress:
            yield connection, progress


def load(connection: Connection, history: History, progress: Progress) -> dict[str, int]:
    """Write what of `history` is not there yet; the caller commits. Returns rows written by table.

    Raises CurrencyMismatchError, HistoryInconsistentError, and what the database refuses.
    """
    connection.execute("select pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
    _settle_currency(connection, history)
    copier = Copier(connection, progress, rules.lift(connection))
    register = enter(copier, history)
    trade = write_trade(copier, history, register)
    write_prices(copier, history, register)
    moves = resolve(history.stock_moves, register.offers, "offer_ref")
    write_stock(copier, register.new_offers, sold_units(trade.sales), moves)
    adjustments = write_adjustments(copier, history, register)
    write_books(copier, postings_of(trade, adjustments), history.currency)
    write_events(copier, history, register)
    written = {table: rows for table, rows in copier.rows.items() if rows}
    _analyze(connection, list(written))
    rules.hold(connection, written)
    return written


def _settle_currency(connection: Connection, history: History) -> None:
    connection.execute(
        "insert into installation (currency, time_zone) values (%s, %s) on conflict do nothing",
        [history.currency, history.time_zone],
    )
    row = connection.execute("select currency from installation").fetchone()
    if row is None or row[0] != history.currency:
        has = row[0] if row else "no currency"
        raise CurrencyMismatchError(
            f"This installation keeps {has}, and {history.source} is in {history.currency}"
        )


def postings_of(trade: Trade, adjustments: pl.DataFrame) -> pl.DataFrame:
    """Every posting of a history, zeros included: sales, differences, transfers, adjustments."""
    orders = trade.sales.orders.filter(pl.col("status") == "paid")
    vendor_orders = trade.sales.vendor_orders.filter(pl.col("status") != "cancelled")
    return pl.concat(
        [
            ledger.sale_postings(
                orders.with_columns(occurred_at="paid_at"),
                vendor_orders.with_columns(occurred_at="paid_at"),
            ),
            ledger.difference_postings(differences(trade.sales, trade.payments)),
            ledger.transfer_postings(trade.transfers),
            ledger.adjustment_postings(adjustments),
        ]
    )


def differences(sales: Sales, payments: pl.DataFrame) -> pl.DataFrame:
    """order_id, difference_cents (paid in minus sold), occurred_at of every order."""
    sold = pl.when(pl.col("status") == "paid").then("total_cents").otherwise(0)
    return sales.orders.join(payments, on="order_id", how="left", maintain_order="left").select(
        "order_id",
        difference_cents=pl.col("amount_cents").fill_null(0) - sold,
        occurred_at=pl.coalesce("succeeded_at", "paid_at", "placed_at"),
    )


def _analyze(connection: Connection, tables: list[str]) -> None:
    """Plans made on an empty table's statistics would be poor until autovacuum comes by."""
    if tables:
        names = sql.SQL(", ").join(map(sql.Identifier, tables))
        connection.execute(sql.SQL("analyze {}").format(names))
