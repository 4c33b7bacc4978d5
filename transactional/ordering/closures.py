"""When a vendor does not ship: the weekdays it is closed on, and closures by date."""

from datetime import date

from transactional.database import Row, Transaction
from transactional.errors import NotFoundError, RefusedError
from transactional.people import vendors

MOST_AHEAD = 100
LONGEST_DAYS = 366


class ClosureUnknownError(NotFoundError):
    """There is no such closure, or it is not yours."""

    code = "closure_unknown"


class ClosureInvalidError(RefusedError):
    """A closure ends on or after its first day, and lasts at most 366 days."""

    code = "closure_invalid"


class TooManyClosuresError(RefusedError):
    """A vendor announces at most 100 closures ahead; remove one first."""

    code = "too_many_closures"


def read(connection: Transaction, vendor_id: int, today: date) -> Row:
    """`open_weekdays`, `ships_within_days` and the `closures` that are not over.

    Raises VendorUnknownError.
    """
    row = connection.execute(
        "select open_weekdays, ships_within_days from vendors where vendor_id = %s", (vendor_id,)
    ).fetchone()
    if row is None:
        raise vendors.VendorUnknownError
    closures = connection.execute(
        "select vendor_closure_id, first_date, last_date from vendor_closures"
        " where vendor_id = %s and last_date >= %s order by first_date, vendor_closure_id",
        (vendor_id, today),
    ).fetchall()
    return row | {"closures": closures}


def open_on(connection: Transaction, vendor_id: int, weekdays: frozenset[int]) -> None:
    """ISO weekdays on which the vendor ships from now on. Raises VendorUnknownError."""
    changed = connection.execute(
        "update vendors set open_weekdays = %s, version = version + 1 where vendor_id = %s",
        (sorted(weekdays), vendor_id),
    )
    if changed.rowcount == 0:
        raise vendors.VendorUnknownError


def announce(connection: Transaction, vendor_id: int, first: date, last: date) -> Row:
    """Raises VendorUnknownError, ClosureInvalidError, TooManyClosuresError."""
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise ClosureInvalidError
    vendor = connection.execute(
        "select from vendors where vendor_id = %s for update", (vendor_id,)
    ).fetchone()
    if vendor is None:
        raise vendors.VendorUnknownError
    row = connection.execute(
        "insert into vendor_closures (vendor_id, first_date, last_date)"
        " select %(vendor_id)s, %(first)s, %(last)s where (select count(*) from vendor_closures"
        " where vendor_id = %(vendor_id)s and last_date >= current_date) < %(most)s"
        " returning vendor_closure_id, first_date, last_date",
        {"vendor_id": vendor_id, "first": first, "last": last, "most": MOST_AHEAD},
    ).fetchone()
    if row is None:
        raise TooManyClosuresError
    return row


def withdraw(connection: Transaction, vendor_id: int, vendor_closure_id: int) -> None:
    """Raises ClosureUnknownError."""
    gone = connection.execute(
        "delete from vendor_closures where vendor_closure_id = %s and vendor_id = %s",
        (vendor_closure_id, vendor_id),
    )
    if gone.rowcount == 0:
        raise ClosureUnknownError
