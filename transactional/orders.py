"""Orders: placed whole or not at all, cancelled before payment, read back.

`place` takes a batch; a single order is a batch of one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from transactional import attempts, facts, fulfilment, holds, stock
from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError, NotFoundError
from transactional.moves import ORDER_MOVES, may_move
from transactional.pricing import CostedLine, CostedOrder, VendorPart

HOLD_LASTS = timedelta(minutes=15)


class OrderUnknownError(NotFoundError):
    """There is no such order, or it is not yours."""

    code = "order_unknown"


class OrderNotOpenError(ConflictError):
    """The order is paid or cancelled already; place a new one."""

    code = "order_not_open"


@dataclass(frozen=True, slots=True)
class Purchase:
    """One shopper's costed cart at the moment it is placed."""

    shopper_id: int
    order: CostedOrder
    placed_at: datetime


def place(connection: Transaction, purchases: Sequence[Purchase], now: datetime) -> list[int]:
    """Write orders and hold their units until `now` + 15 minutes; returns order ids in the given
    order.

    Raises OutOfStockError when any unit is missing: the caller's transaction then leaves nothing
    behind. Stock moves last, so that its rows stay locked as briefly as can be.
    """
    keys = _new_keys(connection, purchases)
    rows = _rows(purchases, keys["order_ids"], keys["vendor_order_ids"])
    connection.execute(statement("place_orders"), {**rows, "hold_expires_at": now + HOLD_LASTS})
    facts.write_vendor_orders(connection, keys["vendor_order_ids"], now)
    stock.move(connection, stock.HOLD, _wanted_units(purchases), now)
    order_ids: list[int] = keys["order_ids"]
    return order_ids


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
        "update vendor_orders set status = 'cancelled', cancelled_at = %s, version = version + 1"
        " where order_id = %s returning vendor_order_id",
        (now, order_id),
    ).fetchall()
    facts.write_vendor_orders(connection, [row["vendor_order_id"] for row in cancelled], now)


def mark_paid(connection: Transaction, order_id: int, now: datetime) -> None:
    """Move a locked order and its parts to paid; a late capture also revives a cancelled one."""
    connection.execute(
        "update orders set status = 'paid', paid_at = %s, cancelled_at = null,"
        " version = version + 1 where order_id = %s",
        (now, order_id),
    )
    paid = connection.execute(
        "update vendor_orders set status = 'paid', paid_at = %s, cancelled_at = null,"
        " version = version + 1 where order_id = %s returning vendor_order_id",
        (now, order_id),
    ).fetchall()
    facts.write_vendor_orders(connection, [row["vendor_order_id"] for row in paid], now)


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
    parts = {part["vendor_order_id"]: part for part in fulfilment.details(connection, keys)}
    return [
        row | {"vendor_orders": [parts[key] for key in row["vendor_order_ids"]]} for row in rows
    ]


def _new_keys(connection: Transaction, purchases: Sequence[Purchase]) -> Row:
    count = {
        "orders": len(purchases),
        "vendor_orders": sum(len(purchase.order.parts) for purchase in purchases),
    }
    row = connection.execute(statement("new_keys"), count).fetchone()
    assert row is not None, "the statement has exactly one row"
    return row


def _wanted_units(purchases: Sequence[Purchase]) -> dict[int, int]:
    units: dict[int, int] = {}
    for purchase in purchases:
        for offer_id, count in purchase.order.units_by_offer().items():
            units[offer_id] = units.get(offer_id, 0) + count
    return dict(sorted(units.items()))


def _rows(
    purchases: Sequence[Purchase], order_ids: Sequence[int], vendor_order_ids: Sequence[int]
) -> dict[str, Jsonb]:
    orders = [_order_row(*pair) for pair in zip(order_ids, purchases, strict=True)]
    parts = [
        (order_id, part)
        for order_id, purchase in zip(order_ids, purchases, strict=True)
        for part in purchase.order.parts
    ]
    vendor_orders = [
        _vendor_order_row(key, order_id, part)
        for key, (order_id, part) in zip(vendor_order_ids, parts, strict=True)
    ]
    lines = [
        _line_row(key, order_id, part, line)
        for key, (order_id, part) in zip(vendor_order_ids, parts, strict=True)
        for line in part.lines
    ]
    return {
        "orders": Jsonb(orders),
        "vendor_orders": Jsonb(vendor_orders),
        "lines": Jsonb([line | {"position": place} for place, line in enumerate(lines)]),
    }


def _vendor_order_row(key: int, order_id: int, part: VendorPart) -> dict[str, int]:
    return {
        "vendor_order_id": key,
        "order_id": order_id,
        "vendor_id": part.vendor_id,
        "items_cents": part.items_cents,
        "shipping_cents": part.shipping_cents,
        "commission_cents": part.commission_cents,
        "processing_cents": part.processing_cents,
        "units": part.units,
    }


def _line_row(key: int, order_id: int, part: VendorPart, line: CostedLine) -> dict[str, int]:
    owner = {"vendor_order_id": key, "order_id": order_id, "vendor_id": part.vendor_id}
    return owner | asdict(line)


def _order_row(order_id: int, purchase: Purchase) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "shopper_id": purchase.shopper_id,
        "items_cents": purchase.order.items_cents,
        "shipping_cents": purchase.order.shipping_cents,
        "placed_at": purchase.placed_at.isoformat(),
    }
