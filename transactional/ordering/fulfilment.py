"""What becomes of a paid vendor order: shipped, tracked, delivered, or cancelled before it ships.

Every move locks the order first and its vendor order then, as all who change an order do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from transactional.database import Row, Transaction
from transactional.errors import ConflictError
from transactional.facts import outbox
from transactional.moves import VENDOR_ORDER_MOVES, may_move
from transactional.ordering import orders, stock, vendor_orders
from transactional.settlement import refunds, transfers
from transactional.settlement.refund_sharing import LineLeft, RefundedLine

CancelReason = Literal["shopper", "vendor", "operator", "not_shipped"]
# Why the money goes back, in the words of a refund.
REFUND_REASONS: dict[CancelReason, refunds.Reason] = {
    "shopper": "shopper_request",
    "vendor": "vendor_cancelled",
    "operator": "operator",
    "not_shipped": "not_shipped",
}


class MoveRefusedError(ConflictError):
    """A vendor order cannot go there from its present `status`; read it again."""

    code = "move_refused"


class NotUnderWayError(ConflictError):
    """Only a shipped or delivered vendor order has tracking; ship it first."""

    code = "not_under_way"


class NothingToShipError(ConflictError):
    """All of this vendor order's money went back to the shopper; cancel it instead."""

    code = "nothing_to_ship"


@dataclass(frozen=True, slots=True)
class Shipment:
    """How the parcel travels."""

    carrier: str | None = None
    tracking_code: str | None = None


def ship(connection: Transaction, vendor_order_id: int, shipment: Shipment, now: datetime) -> Row:
    """Raises VendorOrderUnknownError, MoveRefusedError, NothingToShipError."""
    row = _demand_move(connection, vendor_order_id, "shipped")
    if 0 < row["total_cents"] <= row["refunded_cents"]:
        raise NothingToShipError
    connection.execute(
        "update vendor_orders set status = 'shipped', shipped_at = %s, carrier = %s,"
        " tracking_code = %s, version = version + 1 where vendor_order_id = %s",
        (now, shipment.carrier, shipment.tracking_code, vendor_order_id),
    )
    return _told(connection, vendor_order_id, now)


def track(connection: Transaction, vendor_order_id: int, shipment: Shipment, now: datetime) -> Row:
    """Name the carrier and code after all, or correct them.

    Raises VendorOrderUnknownError, NotUnderWayError.
    """
    if _lock(connection, vendor_order_id)["status"] not in ("shipped", "delivered"):
        raise NotUnderWayError
    connection.execute(
        "update vendor_orders set carrier = %s, tracking_code = %s, version = version + 1"
        " where vendor_order_id = %s",
        (shipment.carrier, shipment.tracking_code, vendor_order_id),
    )
    return _told(connection, vendor_order_id, now)


def deliver(connection: Transaction, vendor_order_id: int, now: datetime) -> Row:
    """The window in which the shopper may dispute begins, and ends with the vendor's transfer.

    Raises VendorOrderUnknownError, MoveRefusedError.
    """
    _demand_move(connection, vendor_order_id, "delivered")
    connection.execute(
        "update vendor_orders set status = 'delivered', delivered_at = %s, version = version + 1"
        " where vendor_order_id = %s",
        (now, vendor_order_id),
    )
    transfers.release(connection, vendor_order_id, now)
    return _told(connection, vendor_order_id, now)


def cancel(
    connection: Transaction, vendor_order_id: int, reason: CancelReason, now: datetime
) -> Row:
    """Give up a paid vendor order that has not shipped: its units are free again, what is left of
    its money goes back.

    Raises VendorOrderUnknownError, MoveRefusedError (an unpaid order is cancelled as a whole),
    OrderDisputedError, OrderNotRefundableError.
    """
    row = _lock(connection, vendor_order_id)
    if row["status"] != "paid":
        raise MoveRefusedError(status=row["status"], wanted="cancelled")
    refunds.refuse_disputed(connection, row["order_id"])
    _return_units(connection, row, now)
    connection.execute(
        "update vendor_orders set status = 'cancelled', cancelled_at = %s, cancel_reason = %s,"
        " version = version + 1 where vendor_order_id = %s",
        (now, reason, vendor_order_id),
    )
    told = _told(connection, vendor_order_id, now)
    _give_back(connection, row, REFUND_REASONS[reason], now)
    return told


def _give_back(connection: Transaction, row: Row, reason: refunds.Reason, now: datetime) -> None:
    """All of its lines' money that no refund gave back before."""
    if row["refunded_cents"] < row["total_cents"]:
        left = [RefundedLine(line.line_id) for line in _lines_left(connection, row)]
        refunds.queue(connection, row["order_id"], left, reason, now)


def _return_units(connection: Transaction, row: Row, now: datetime) -> None:
    """Every unit that no refund put back on sale; none of them has left the vendor."""
    units: dict[int, int] = {}
    for line in _lines_left(connection, row):
        units[line.offer_id] = units.get(line.offer_id, 0) + line.restockable_units
    returned = {offer_id: count for offer_id, count in sorted(units.items()) if count}
    if returned:
        stock.move(connection, stock.RETURN, returned, now, row["order_id"])


def _lines_left(connection: Transaction, row: Row) -> list[LineLeft]:
    return [
        line
        for line in refunds.lines_left(connection, row["order_id"])
        if line.vendor_order_id == row["vendor_order_id"]
    ]


def _demand_move(connection: Transaction, vendor_order_id: int, to_status: str) -> Row:
    row = _lock(connection, vendor_order_id)
    if not may_move(VENDOR_ORDER_MOVES, row["status"], to_status):
        raise MoveRefusedError(status=row["status"], wanted=to_status)
    return row


def _lock(connection: Transaction, vendor_order_id: int) -> Row:
    order = connection.execute(
        "select order_id from vendor_orders where vendor_order_id = %s", (vendor_order_id,)
    ).fetchone()
    if order is None:
        raise vendor_orders.VendorOrderUnknownError
    orders.lock(connection, order["order_id"])
    row = connection.execute(
        "select vendor_order_id, order_id, status, refunded_cents,"
        " items_cents + shipping_cents as total_cents"
        " from vendor_orders where vendor_order_id = %s for update",
        (vendor_order_id,),
    ).fetchone()
    assert row is not None, "vendor orders are never deleted"
    return row


def _told(connection: Transaction, vendor_order_id: int, now: datetime) -> Row:
    outbox.write_vendor_orders(connection, [vendor_order_id], now)
    return vendor_orders.read(connection, vendor_order_id)
