"""Which paid vendor order to ship next: the promise first, then what it is worth.

Late orders come first, the longest overdue at the head; then those promised for today, for
tomorrow, and later. Among those of one promise the more valuable goes first, then the older.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

Promise = Literal["late", "today", "tomorrow", "later", "none"]
ORDER_OF_PROMISES: tuple[Promise, ...] = ("late", "today", "tomorrow", "later", "none")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A vendor order to be shipped; `ship_by_at` is None where nothing was promised."""

    vendor_order_id: int
    ship_by_at: datetime | None
    total_cents: int


@dataclass(frozen=True, slots=True)
class Priority:
    """`days_late` counts calendar days past the promised one, and is 0 for what is not late."""

    promise: Promise
    days_late: int
    total_cents: int
    vendor_order_id: int

    @property
    def why(self) -> str:
        if self.promise == "none":
            return "nothing was promised; by value"
        if self.promise == "late":
            late = "a day" if self.days_late == 1 else f"{self.days_late} days"
            return f"{late} late; the longest overdue first, then by value"
        due = "promised for later" if self.promise == "later" else f"promised for {self.promise}"
        return f"{due}; then by value"

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """The smallest comes first."""
        place = ORDER_OF_PROMISES.index(self.promise)
        return place, -self.days_late, -self.total_cents, self.vendor_order_id


def ranked(waiting: Iterable[Waiting], now: datetime, time_zone: ZoneInfo) -> list[Priority]:
    """The most urgent first; days are the market's."""
    today = now.astimezone(time_zone).date()
    priorities = (_priority(each, now, today, time_zone) for each in waiting)
    return sorted(priorities, key=lambda priority: priority.rank)


def _priority(one: Waiting, now: datetime, today: date, time_zone: ZoneInfo) -> Priority:
    promise, days_late = _promise(one.ship_by_at, now, today, time_zone)
    return Priority(promise, days_late, one.total_cents, one.vendor_order_id)


def _promise(
    ship_by_at: datetime | None, now: datetime, today: date, time_zone: ZoneInfo
) -> tuple[Promise, int]:
    if ship_by_at is None:
        return "none", 0
    days_left = (ship_by_at.astimezone(time_zone).date() - today).days
    if ship_by_at < now:
        return "late", max(-days_left, 1)
    named: dict[int, Promise] = {0: "today", 1: "tomorrow"}
    return named.get(days_left, "later"), 0
