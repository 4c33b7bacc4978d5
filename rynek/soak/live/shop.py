"""A market in which rows and facts are written as the core writes them, without its checkout."""

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

import psycopg

from transactional.database import statement

VENDORS, SHOPPERS = 8, 60
SHIPPING_CENTS = 490
Connection = psycopg.Connection[Any]

FOUND = """
insert into installation (currency, time_zone) values ('USD', 'Europe/Warsaw');
insert into owners (owner_id, legal_name)
select n, 'Owner ' || n from generate_series(1, {vendors}) as n;
insert into vendors (vendor_id, owner_id, name, status, country)
select n, n, 'Vendor ' || n, 'active', 'US' from generate_series(1, {vendors}) as n;
insert into products (product_id, title)
select n, 'Product ' || n from generate_series(1, {vendors}) as n;
insert into offers (offer_id, product_id, vendor_id, sku, price_cents)
select n, n, n, 'sku-' || n, 500 + n from generate_series(1, {vendors}) as n;
insert into stock (offer_id, received_units, available_units)
select n, 1000000, 1000000 from generate_series(1, {vendors}) as n;
insert into shoppers (shopper_id, email)
select n, n || '@example.org' from generate_series(1, {shoppers}) as n;
"""

ORDER = """
insert into orders (shopper_id, shopper_pseudonym, status, items_cents, shipping_cents, total_cents,
                    placed_at)
select shopper_id, shopper_pseudonym, 'pending_payment', %s, %s, %s, %s
from shoppers where shopper_id = %s returning order_id, shopper_pseudonym
"""
PART = """
insert into vendor_orders (order_id, vendor_id, shopper_pseudonym, status, items_cents,
    shipping_cents, commission_cents, processing_cents, net_cents, units, placed_at)
values (%s, %s, %s, 'pending_payment', %s, %s, 0, 0, %s, 1, %s) returning vendor_order_id
"""
LINE = """
insert into order_lines (order_id, vendor_order_id, vendor_id, offer_id, product_id, quantity,
    line_cents, shipping_cents, commission_rate, processing_rate, commission_cents,
    processing_cents, placed_at)
values (%s, %s, %s, %s, %s, 1, %s, %s, 0, 0, 0, 0, %s)
"""
# The order's row is locked before its parts change; a row that another holds is passed by.
CHOSEN = """
select order_id, status from orders where order_id >= %s order by order_id limit 1
for update skip locked
"""
NEWEST = "select coalesce(max(order_id), 0) from orders"
# What becomes of all parts of an order in one transaction, by the status they have.
NEXT = {"pending_payment": ("paid", "cancelled"), "paid": ("shipped", "cancelled"),
        "shipped": ("delivered",), "cancelled": ("paid",)}  # fmt: skip
MOVE = """
update vendor_orders
set status = %(status)s, version = version + 1,
    paid_at = case when %(status)s = 'paid' then %(now)s else paid_at end
where order_id = %(order_id)s and status = %(before)s
returning vendor_order_id
"""
PARTS_STATUS = "select min(status) from vendor_orders where order_id = %s"
PAID_ORDER = """
update orders set status = 'paid', paid_at = %s, version = version + 1
where order_id = %s and status <> 'paid'
"""
CANCELLED_ORDER = """
update orders set status = 'cancelled', version = version + 1
where order_id = %s and status = 'pending_payment'
"""


def found(connection: Connection) -> None:
    connection.execute(FOUND.format(vendors=VENDORS, shoppers=SHOPPERS))


def do_something(connection: Connection, chance: Random, now: datetime) -> None:
    """Place an order, or move one on; the caller's transaction."""
    if chance.random() < 0.5 or not move_on(connection, chance, now):
        place(connection, chance, now)


def place(connection: Connection, chance: Random, now: datetime) -> None:
    """An order of one to three vendors, paid at once or not yet."""
    vendors = chance.sample(range(1, VENDORS + 1), chance.randint(1, 3))
    cents = {vendor_id: 100 * chance.randint(1, 90) + vendor_id for vendor_id in vendors}
    items, shipping = sum(cents.values()), SHIPPING_CENTS * len(vendors)
    shopper_id = chance.randint(1, SHOPPERS)
    values = (items, shipping, items + shipping, now, shopper_id)
    order_id, pseudonym = _row(connection, ORDER, *values)
    parts = []
    for vendor_id in vendors:
        price = cents[vendor_id]
        part = (order_id, vendor_id, pseudonym, price, SHIPPING_CENTS, price + SHIPPING_CENTS, now)
        (part_id,) = _row(connection, PART, *part)
        line = (order_id, part_id, vendor_id, vendor_id, vendor_id, price, SHIPPING_CENTS, now)
        connection.execute(LINE, line)
        parts.append(part_id)
    _tell(connection, parts, now)
    if chance.random() < 0.7:
        move(connection, order_id, "pending_payment", "paid", now)


def move_on(connection: Connection, chance: Random, now: datetime) -> bool:
    """Let what can become of one order become of it; False where none is free."""
    (newest,) = _row(connection, NEWEST)
    chosen = connection.execute(CHOSEN, (chance.randint(0, newest),)).fetchone()
    if chosen is None:
        return False
    (status,) = _row(connection, PARTS_STATUS, chosen[0])
    if status not in NEXT:
        return False
    move(connection, chosen[0], status, chance.choice(NEXT[status]), now)
    return True


def move(connection: Connection, order_id: int, before: str, status: str, now: datetime) -> None:
    if status == "paid":
        connection.execute(PAID_ORDER, (now, order_id))
    elif status == "cancelled":
        connection.execute(CANCELLED_ORDER, (order_id,))
    values = {"order_id": order_id, "before": before, "status": status, "now": now}
    moved = connection.execute(MOVE, values).fetchall()
    _tell(connection, [part_id for (part_id,) in moved], now)


def _tell(connection: Connection, vendor_order_ids: Sequence[int], now: datetime) -> None:
    """Their facts, announced by the caller: two-phase commits refuse what has notified."""
    values = {"vendor_order_ids": vendor_order_ids, "now": now}
    connection.execute(statement("vendor_order_facts"), values)


def _row(connection: Connection, query: str, *values: object) -> Sequence[Any]:
    (row,) = connection.execute(query, values).fetchall()
    return tuple(row)
