"""Refunds: decided line by line and written down, then sent by a worker (refund_sending.py).

A refund counts from the moment it is written, so what is left of a line is never given back twice.
What became of it is in refund_outcomes.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Literal

from psycopg.types.json import Jsonb

from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError, NotFoundError, RefusedError
from transactional.facts import outbox
from transactional.ordering import orders, stock
from transactional.settlement import ledger
from transactional.settlement.refund_sharing import LineLeft, RefundedLine, SharedLine, shared

Reason = Literal["shopper_request", "vendor_cancelled", "not_shipped", "operator"]
Origin = Literal["refund", "late_capture", "chargeback"]


class RefundUnknownError(NotFoundError):
    """There is no such refund, or it is not yours to see."""

    code = "refund_unknown"


class OrderNotRefundableError(ConflictError):
    """Only an order that was paid through Stripe can be refunded."""

    code = "order_not_refundable"


class OrderDisputedError(ConflictError):
    """The shopper's bank decides about this payment; wait for its verdict."""

    code = "order_disputed"


class RefundEmptyError(RefusedError):
    """Nothing is left of these lines to give back."""

    code = "refund_empty"


class RefundLineUnknownError(RefusedError):
    """A line is not of this order, not yours, or named twice; `line_id` says which."""

    code = "refund_line_unknown"


def queue(
    connection: Transaction,
    order_id: int,
    wanted: Sequence[RefundedLine],
    reason: Reason,
    now: datetime,
) -> int:
    """Write a refund of these lines down, to be sent; restocked units are back at once.

    Returns refund_id. Raises OrderUnknownError, OrderNotRefundableError, RefundLineUnknownError,
    RefundTooLargeError, RefundEmptyError.
    """
    order = orders.lock(connection, order_id)
    payment = _payment_of(connection, order)
    left = {line.line_id: line for line in lines_left(connection, order_id)}
    parts = share_out(left, wanted)
    refund_id = write(connection, payment, "refund", reason, parts, now)
    _restock(connection, order_id, left, parts, now)
    return refund_id


def queue_late_capture(connection: Transaction, payment_id: int, now: datetime) -> int:
    """Write down that a whole payment goes back, as its order can no longer be had; once.

    The order is locked. Returns refund_id.
    """
    known = connection.execute(
        "select refund_id from refunds where payment_id = %s and origin = 'late_capture'",
        (payment_id,),
    ).fetchone()
    if known is not None:
        return int(known["refund_id"])
    payment = connection.execute(
        "select payment_id, order_id, amount_cents from payments where payment_id = %s",
        (payment_id,),
    ).fetchone()
    assert payment is not None, "callers hold a payment's key"
    ledger.record_unmatched(connection, payment, now)
    return write(connection, payment, "late_capture", "late_capture", (), now)


def refuse_disputed(connection: Transaction, order_id: int) -> None:
    """Raises OrderDisputedError while a bank decides about the order's payment."""
    found = connection.execute(
        "select from disputes where order_id = %s and status in ('open', 'under_review')",
        (order_id,),
    )
    if found.rowcount > 0:
        raise OrderDisputedError


def lines_left(connection: Transaction, order_id: int) -> list[LineLeft]:
    """What is left to give back of the order's lines, in key order."""
    rows = connection.execute(statement("refundable_lines"), {"order_id": order_id})
    return [LineLeft(**row) for row in rows]


def lock(connection: Transaction, refund_id: int) -> Row:
    """The refund behind its order's lock. Raises RefundUnknownError."""
    connection.execute(
        "select from orders where order_id ="
        " (select order_id from refunds where refund_id = %s) for update",
        (refund_id,),
    )
    row = connection.execute(
        "select refund_id, order_id, payment_id, origin, status, amount_cents, failure_code,"
        " booked_at"
        " from refunds where refund_id = %s for update",
        (refund_id,),
    ).fetchone()
    if row is None:
        raise RefundUnknownError
    return row


def read(connection: Transaction, refund_id: int, vendor_id: int | None = None) -> Row:
    """With a vendor, only its lines. Raises RefundUnknownError."""
    row = connection.execute(
        statement("refund_detail"),
        {"refund_id": refund_id, "order_id": None, "vendor_id": vendor_id},
    ).fetchone()
    if row is None:
        raise RefundUnknownError
    return row


def list_of_order(connection: Transaction, order_id: int, vendor_id: int | None) -> list[Row]:
    """Newest first; with a vendor, only its lines of them, and what it bears."""
    return connection.execute(
        statement("refund_detail"),
        {"refund_id": None, "order_id": order_id, "vendor_id": vendor_id},
    ).fetchall()


def list_of_shopper(
    connection: Transaction, shopper_id: int, before: int | None, limit: int
) -> list[Row]:
    """What goes back to a shopper, newest first."""
    return connection.execute(
        statement("refunds_of_shopper"),
        {"shopper_id": shopper_id, "before": before, "limit": limit},
    ).fetchall()


def _payment_of(connection: Transaction, order: Row) -> Row:
    """The payment that paid this order. Raises OrderNotRefundableError."""
    row = connection.execute(
        "select payment_id, order_id from payments"
        " where order_id = %s and status = 'succeeded' and ended_in = 'order'"
        " and stripe_payment_intent_id is not null",
        (order["order_id"],),
    ).fetchone()
    if order["status"] != "paid" or row is None:
        raise OrderNotRefundableError(status=order["status"])
    return row


def share_out(left: dict[int, LineLeft], wanted: Iterable[RefundedLine]) -> list[SharedLine]:
    """Who bears what of each line. Raises RefundLineUnknownError, RefundTooLargeError,
    RefundEmptyError.
    """
    remaining = dict(left)
    parts = []
    for line in wanted:
        if line.line_id not in remaining:
            raise RefundLineUnknownError(line_id=f"lin_{line.line_id}")
        parts.append(shared(remaining.pop(line.line_id), line))
    parts = [part for part in parts if part.items_cents + part.shipping_cents + part.quantity > 0]
    if sum(part.items_cents + part.shipping_cents for part in parts) == 0:
        raise RefundEmptyError
    return parts


def write(
    connection: Transaction,
    payment: Row,
    origin: Origin,
    reason: str,
    parts: Sequence[SharedLine],
    now: datetime,
) -> int:
    """Write a refund down with its lines, and tell of it; a chargeback is done already.

    The order is locked. Returns refund_id.
    """
    is_done = origin == "chargeback"
    cents = sum(part.items_cents + part.shipping_cents for part in parts)
    row = connection.execute(
        statement("write_refund"),
        {
            "order_id": payment["order_id"],
            "payment_id": payment["payment_id"],
            "origin": origin,
            "status": "succeeded" if is_done else "due",
            "reason": reason,
            "amount_cents": cents if parts else payment["amount_cents"],
            "lines": Jsonb([asdict(part) for part in parts]),
            "now": now,
            "booked_at": now if is_done else None,
        },
    ).fetchone()
    assert row is not None, "the statement has exactly one row"
    tell_vendor_orders(connection, row["refund_id"], now)
    tell(connection, row["refund_id"], now)
    return int(row["refund_id"])


def _restock(
    connection: Transaction,
    order_id: int,
    left: dict[int, LineLeft],
    parts: Iterable[SharedLine],
    now: datetime,
) -> None:
    units: dict[int, int] = {}
    for part in parts:
        if part.restocked_units:
            offer_id = left[part.line_id].offer_id
            units[offer_id] = units.get(offer_id, 0) + part.restocked_units
    if units:
        stock.move(connection, stock.RETURN, dict(sorted(units.items())), now, order_id)


def tell_vendor_orders(connection: Transaction, refund_id: int, now: datetime) -> None:
    """One `vendor_order.changed` for each part that the refund is of."""
    rows = connection.execute(
        "select distinct vendor_order_id from refund_lines where refund_id = %s order by 1",
        (refund_id,),
    ).fetchall()
    if rows:
        outbox.write_vendor_orders(connection, [row["vendor_order_id"] for row in rows], now)


def tell(connection: Transaction, refund_id: int, now: datetime) -> None:
    """A `refund.changed`, with the state that this transaction gave it."""
    connection.execute(statement("refund_fact"), {"refund_id": refund_id, "now": now})
    outbox.announce(connection)
