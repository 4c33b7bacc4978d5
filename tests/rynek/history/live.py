"""The same orders once more, through the live path's own functions, and compared row for row."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from transactional.checkout import pricing
from transactional.checkout.pricing import CartLine, Parcel
from transactional.database import Transaction
from transactional.ordering import holds, orders
from transactional.ordering.orders import Purchase
from transactional.settlement import ledger, transfers

# Spread over all paid orders that can be placed live: the same ones every time.
SAMPLE = """
select order_id, shopper_id, placed_at from orders
where source = %s and status = 'paid'
  and exists (select from order_lines where order_lines.order_id = orders.order_id)
  and not exists (select from order_lines
                  where order_lines.order_id = orders.order_id and quantity = 0)
order by md5(source_ref) limit %s
"""
# Enough on every shelf for all that is bought again.
RESTOCK = """
update stock
set received_units = received_units + 100000, available_units = available_units + 100000
"""
CARTS = """
select order_id, offer_id, product_id, vendor_id, quantity, line_cents as list_cents
from order_lines where order_id = any(%s) order by line_id
"""
SHIPPING = "select order_id, vendor_id, shipping_cents from vendor_orders where order_id = any(%s)"

LINES = """
select order_id, vendor_id, offer_id, product_id, quantity, line_cents, shipping_cents,
       commission_rate, processing_rate, commission_cents, processing_cents, placed_at
from order_lines where order_id = any(%s) order by order_id, vendor_id, line_id
"""
VENDOR_ORDERS = """
select order_id, vendor_id, items_cents, shipping_cents, commission_cents, processing_cents,
       net_cents, units, placed_at, shopper_pseudonym
from vendor_orders where order_id = any(%s) order by order_id, vendor_id
"""
ORDERS = """
select order_id, shopper_id, status, items_cents, shipping_cents, total_cents, placed_at
from orders where order_id = any(%s) order by order_id
"""
POSTINGS = """
select journals.order_id, account_id, amount_cents, currency
from postings join journals using (journal_id)
where journals.kind = 'sale' and journals.order_id = any(%s) order by 1, 2
"""
TRANSFERS = """
select order_id, vendor_id, amount_cents
from transfers where order_id = any(%s) and amount_cents > 0 order by order_id, vendor_id
"""


def compared(database_url: str, source: str, count: int) -> int:
    """Buy up to `count` imported orders again, assert that all came out alike; returns how many."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        sample = connection.execute(SAMPLE, [source, count]).fetchall()
        old_ids = [row["order_id"] for row in sample]
        twins = dict(zip(_bought_again(connection, sample), old_ids, strict=True))
        for query in (ORDERS, VENDOR_ORDERS, LINES, POSTINGS, TRANSFERS):
            imported = connection.execute(query, [old_ids]).fetchall()
            live = connection.execute(query, [list(twins)]).fetchall()
            assert _under(twins, live) == sorted(map(_row, imported)), query
        connection.rollback()
    return len(sample)


def _under(twins: dict[int, int], live: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The live rows as if they belonged to the orders they are twins of."""
    return sorted(_row(row | {"order_id": twins[row["order_id"]]}) for row in live)


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.values())


def _bought_again(connection: Transaction, sample: list[dict[str, Any]]) -> list[int]:
    now = datetime.now(UTC)
    connection.execute(RESTOCK)
    order_ids = orders.place(connection, _purchases(connection, sample), now)
    for order_id in order_ids:
        holds.consume(connection, order_id, now)
        orders.mark_paid(connection, order_id, now)
    ledger.record_sales(connection, order_ids)
    transfers.hold(connection, order_ids)
    return order_ids


def _purchases(connection: Transaction, sample: list[dict[str, Any]]) -> list[Purchase]:
    """The imported orders as carts at the prices and the shipping that they had."""
    ids = [row["order_id"] for row in sample]
    carts: dict[int, list[CartLine]] = defaultdict(list)
    for row in connection.execute(CARTS, [ids]).fetchall():
        carts[row.pop("order_id")].append(CartLine(**row))
    shipping: dict[int, dict[int, Parcel]] = defaultdict(dict)
    for row in connection.execute(SHIPPING, [ids]).fetchall():
        shipping[row["order_id"]][row["vendor_id"]] = Parcel(row["shipping_cents"])
    return [
        Purchase(
            row["shopper_id"],
            pricing.cost(carts[row["order_id"]], shipping[row["order_id"]]),
            row["placed_at"],
        )
        for row in sample
    ]
