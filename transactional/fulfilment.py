"""What a vendor does with a paid vendor order: ship it, see it delivered."""

from collections.abc import Sequence
from datetime import datetime

from transactional import facts
from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError, NotFoundError
from transactional.moves import VENDOR_ORDER_MOVES, may_move


class VendorOrderUnknownError(NotFoundError):
    """There is no such vendor order, or it is not yours."""

    code = "vendor_order_unknown"


class MoveRefusedError(ConflictError):
    """A vendor order cannot go there from its present `status`; read it again."""

    code = "move_refused"


def ship(
    connection: Transaction, vendor_order_id: int, tracking_code: str | None, now: datetime
) -> Row:
    """Raises VendorOrderUnknownError, MoveRefusedError."""
    _demand_move(connection, vendor_order_id, "shipped")
    connection.execute(
        "update vendor_orders set status = 'shipped', shipped_at = %s, tracking_code = %s,"
        " version = version + 1 where vendor_order_id = %s",
        (now, tracking_code, vendor_order_id),
    )
    facts.write_vendor_orders(connection, [vendor_order_id], now)
    return read(connection, vendor_order_id)


def deliver(connection: Transaction, vendor_order_id: int, now: datetime) -> Row:
    """Raises VendorOrderUnknownError, MoveRefusedError."""
    _demand_move(connection, vendor_order_id, "delivered")
    connection.execute(
        "update vendor_orders set status = 'delivered', delivered_at = %s, version = version + 1"
        " where vendor_order_id = %s",
        (now, vendor_order_id),
    )
    facts.write_vendor_orders(connection, [vendor_order_id], now)
    return read(connection, vendor_order_id)


def read(connection: Transaction, vendor_order_id: int) -> Row:
    """Raises VendorOrderUnknownError."""
    rows = details(connection, [vendor_order_id])
    if not rows:
        raise VendorOrderUnknownError
    return rows[0]


def details(connection: Transaction, vendor_order_ids: Sequence[int]) -> list[Row]:
    """Vendor orders with their lines, newest first."""
    return connection.execute(
        statement("vendor_order_detail"), {"vendor_order_ids": list(vendor_order_ids)}
    ).fetchall()


def list_of_vendor(
    connection: Transaction, vendor_id: int, status: str | None, before: int | None, limit: int
) -> list[Row]:
    """A vendor's orders, newest first."""
    found = connection.execute(
        "select vendor_order_id from vendor_orders where vendor_id = %(vendor_id)s"
        " and (%(status)s::text is null or status = %(status)s)"
        " and (%(before)s::bigint is null or vendor_order_id < %(before)s)"
        " order by vendor_order_id desc limit %(limit)s",
        {"vendor_id": vendor_id, "status": status, "before": before, "limit": limit},
    ).fetchall()
    return details(connection, [row["vendor_order_id"] for row in found])


def _demand_move(connection: Transaction, vendor_order_id: int, to_status: str) -> None:
    row = connection.execute(
        "select status from vendor_orders where vendor_order_id = %s for update", (vendor_order_id,)
    ).fetchone()
    if row is None:
        raise VendorOrderUnknownError
    if not may_move(VENDOR_ORDER_MOVES, row["status"], to_status):
        raise MoveRefusedError(status=row["status"], wanted=to_status)
