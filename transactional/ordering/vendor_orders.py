"""Vendor orders as they are read: one, some, a vendor's newest, a vendor's most urgent."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from transactional import installation
from transactional.database import Row, Transaction, statement
from transactional.errors import NotFoundError
from transactional.ordering.priority import Priority, Waiting, ranked

# Of more than these the ones promised last are not looked at.
LONGEST_WORKLIST = 5_000


class VendorOrderUnknownError(NotFoundError):
    """There is no such vendor order, or it is not yours."""

    code = "vendor_order_unknown"


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


def most_urgent(connection: Transaction, vendor_id: int, now: datetime, limit: int) -> list[Row]:
    """Paid vendor orders in the order in which to ship them, each with its `urgency`."""
    found = connection.execute(
        "select vendor_order_id, ship_by_at, items_cents + shipping_cents as total_cents"
        " from vendor_orders where vendor_id = %s and status = 'paid'"
        " order by ship_by_at, vendor_order_id limit %s",
        (vendor_id, LONGEST_WORKLIST),
    ).fetchall()
    time_zone = ZoneInfo(installation.read(connection).time_zone)
    first = ranked((Waiting(**row) for row in found), now, time_zone)[:limit]
    rows = details(connection, [priority.vendor_order_id for priority in first])
    by_key = {row["vendor_order_id"]: row for row in rows}
    return [
        by_key[priority.vendor_order_id] | {"urgency": _urgency(priority)} for priority in first
    ]


def _urgency(priority: Priority) -> Row:
    return {
        "promise": priority.promise,
        "days_late": priority.days_late,
        "why": priority.why,
    }
