"""The promise to ship: by when, who is reminded before, who is told after, and when it ends.

A promise is made at payment and stands: a closure that the vendor announces later moves none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from transactional.database import Row, Transaction, statement
from transactional.ordering.calendars import Calendar

REMIND_BEFORE = timedelta(hours=24)
CANCEL_AFTER_WORKING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Deadline:
    """`remind_at` ≤ `ship_by_at` < `cancel_at`; at `ship_by_at` the delay is escalated."""

    remind_at: datetime
    ship_by_at: datetime
    cancel_at: datetime


def plan(calendar: Calendar, ships_within_days: int, paid_at: datetime) -> Deadline:
    """A short promise is reminded of halfway, so that the reminder never comes with the order."""
    ship_by_at = calendar.end_of_working_day(paid_at, ships_within_days)
    halfway = paid_at + (ship_by_at - paid_at) / 2
    return Deadline(
        remind_at=max(ship_by_at - REMIND_BEFORE, halfway),
        ship_by_at=ship_by_at,
        cancel_at=calendar.end_of_working_day(ship_by_at, CANCEL_AFTER_WORKING_DAYS),
    )


def begin(connection: Transaction, order_ids: Sequence[int], now: datetime) -> None:
    """Promise, for each vendor order of these orders paid at `now`, when it ships; set its timers.

    To be called before the orders' facts are written, so that they tell the promise.
    """
    rows = connection.execute(statement("promises"), {"order_ids": list(order_ids)}).fetchall()
    planned = [(row["vendor_order_id"], _deadline(row, now)) for row in rows]
    connection.execute(
        statement("begin_deadlines"),
        {
            "vendor_order_ids": [key for key, _ in planned],
            "remind_at": [deadline.remind_at for _, deadline in planned],
            "ship_by_at": [deadline.ship_by_at for _, deadline in planned],
            "cancel_at": [deadline.cancel_at for _, deadline in planned],
        },
    )


def calendar_of(row: Row) -> Calendar:
    """From columns time_zone, open_weekdays and closures (pairs of ISO dates)."""
    return Calendar(
        ZoneInfo(row["time_zone"]),
        frozenset(row["open_weekdays"]),
        tuple((first, last) for first, last in row["closures"]),
    )


def _deadline(row: Row, now: datetime) -> Deadline:
    return plan(calendar_of(row), row["ships_within_days"], now)
