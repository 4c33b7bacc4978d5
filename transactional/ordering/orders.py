"""Orders: placed whole or not at all, cancelled before payment, read back.

`place` takes a batch; a single order is a batch of one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from transactional.arrays import Texts
from transactional.checkout import offered
from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError, NotFoundError
from transactional.facts import outbox
from transactional.moves import ORDER_MOVES, may_move
from transactional.ordering import holds, order_facts, stock, vendor_orders
from transactional.ordering.order_rows import (
    Answered,
    Keyed,
    Purchase,
    answer_columns,
    columns,
    draw_keys,
    keyed,
)
from transactional.payment import attempts
from transactional.people import shoppers

HOLD_LASTS = timedelta(minutes=15)
# What the audit trail calls placing an order.
ACTION = "POST /v1/orders"


class OrderUnknownError(NotFoundError):
    """There is no such order, or it is not yours."""

    code = "order_unknown"


class OrderNotOpenError(ConflictError):
    """The order is paid or cancelled already; place a new one."""

    code = "order_not_open"


def place(connection: Transaction, purchases: Sequence[Purchase], now: datetime) -> list[int]:
    """Write orders and hold their units until `now` + 15 minutes; returns order ids in the given
    order. Their facts wait for the relay's next look, or for who announces them after the commit.

    Raises OutOfStockError when any unit is missing: the caller's transaction then leaves nothing
    behind. Stock moves last, so that its rows stay locked as briefly as can be.
    """
    pseudonyms = shoppers.pseudonyms(connection, {each.shopper_id for each in purchases})
    offers = offered.read(connection, {key for each in purchases for key in _offers_of(each)})
    keys = draw_keys(connection, len(purchases), sum(map(_count_of_lines, purchases)))
    written = keyed(keys(), purchases)
    write(connection, written, order_facts.placed(written, pseudonyms, offers), pseudonyms, now)
    stock.move_together(connection, stock.HOLD, _units(written), now)()
    return [one.order_id for one in written]


def write(
    connection: Transaction,
    keyed: Sequence[Keyed],
    facts: Sequence[Any],
    pseudonyms: Mapping[int, int],
    now: datetime,
    answered: Sequence[Answered] = (),
) -> None:
    """The first half of `place`: orders with their parts, lines, holds and facts.

    Also their audit rows and the answers kept for whoever repeats the request. Sent at once; the
    statement is refused where a twin was answered meanwhile: see `replays.is_twins`.
    """
    connection.execute(
        statement("place_orders"),
        {
            **columns(keyed, pseudonyms),
            **answer_columns(answered),
            "answered": len(answered),
            "action": ACTION,
            "facts": Texts(msgspec.json.encode(fact).decode() for fact in facts),
            "hold_expires_at": now + HOLD_LASTS,
            "now": now,
        },
    )


def hold(connection: Transaction, keyed: Sequence[Keyed], now: datetime) -> None:
    """The second half of `place`: the units, taken at once.

    The statement is refused where any is missing: see `stock.is_shortage`.
    """
    stock.move_together(connection, stock.HOLD, _units(keyed), now, must_move=True)


def _units(keyed: Sequence[Keyed]) -> stock.UnitsByOrder:
    return {one.order_id: one.purchase.order.units_by_offer() for one in keyed}


def _count_of_lines(purchase: Purchase) -> int:
    return sum(len(part.lines) for part in purchase.order.parts)


def _offers_of(purchase: Purchase) -> Iterator[int]:
    return (line.offer_id for part in purchase.order.parts for line in part.lines)


def cancel(connection: Transaction, order_id: int, now: datetime) -> None:
    """Give an unpaid order's units back.

    Raises OrderUnknownError, OrderNotOpenError, PaymentInProgressError.
    """
    order = lock(connection, order_id)
    if not may_move(ORDER_MOVES, order["status"], "cancelled"):
        raise OrderNotOpenError(status=order["status"])
    attempts.refuse_open(connection, order_id)
    close_unpaid(connection, order_id, now)


def close_unpaid(connection: Transaction, order_id: int, now: datetime) -> None:
    """Cancel a locked, unpaid order: its hold is released, its vendor orders are told."""
    holds.release(connection, order_id, now)
    connection.execute(
        "update orders set status = 'cancelled', cancelled_at = %s, version = version + 1"
        " where order_id = %s",
        (now, order_id),
    )
    cancelled = connection.execute(
        "update vendor_orders set status = 'cancelled', cancelled_at = %s,"
        " cancel_reason = 'unpaid', version = version + 1"
        " where order_id = %s returning vendor_order_id",
        (now, order_id),
    ).fetchall()
    outbox.write_vendor_orders(connection, [row["vendor_order_id"] for row in cancelled], now)


def mark_paid(connection: Transaction, order_id: int, now: datetime) -> None:
    """Move a locked order and its parts to paid; a late capture also revives a cancelled one."""
    connection.execute(
        "update orders set status = 'paid', paid_at = %s, cancelled_at = null,"
        " version = version + 1 where order_id = %s",
        (now, order_id),
    )
    paid = connection.execute(
        "update vendor_orders set status = 'paid', paid_at = %s, cancelled_at = null,"
        " cancel_reason = null, version = version + 1"
        " where order_id = %s returning vendor_order_id",
        (now, order_id),
    ).fetchall()
    outbox.write_vendor_orders(connection, [row["vendor_order_id"] for row in paid], now)


def lock(connection: Transaction, order_id: int) -> Row:
    """The order's row, ours until the transaction ends; every change of an order begins here."""
    row = connection.execute(
        "select order_id, shopper_id, status, total_cents from orders"
        " where order_id = %s for update",
        (order_id,),
    ).fetchone()
    if row is None:
        raise OrderUnknownError
    return row


def read(connection: Transaction, order_id: int) -> Row:
    """The order with its vendor orders, lines, hold and payment. Raises OrderUnknownError."""
    rows = _details(connection, [order_id])
    if not rows:
        raise OrderUnknownError
    return rows[0]


def belongs_to(connection: Transaction, order_id: int, shopper_id: int | None) -> bool:
    found = connection.execute(
        "select from orders where order_id = %s and shopper_id = %s", (order_id, shopper_id)
    )
    return found.rowcount == 1


def list_of_shopper(
    connection: Transaction, shopper_id: int, before: int | None, limit: int
) -> list[Row]:
    """A shopper's orders, newest first."""
    found = connection.execute(
        "select order_id from orders where shopper_id = %s"
        " and (%s::bigint is null or order_id < %s) order by order_id desc limit %s",
        (shopper_id, before, before, limit),
    ).fetchall()
    return _details(connection, [row["order_id"] for row in found])


def _details(connection: Transaction, order_ids: Sequence[int]) -> list[Row]:
    rows = connection.execute(statement("order_detail"), {"order_ids": list(order_ids)}).fetchall()
    keys = [key for row in rows for key in row["vendor_order_ids"]]
    parts = {part["vendor_order_id"]: part for part in vendor_orders.details(connection, keys)}
    return [
        row | {"vendor_orders": [parts[key] for key in row["vendor_order_ids"]]} for row in rows
    ]
