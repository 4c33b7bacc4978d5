"""Ranges of days in the marketplace's time zone, and the same elapsed span before them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from serving.errors import DatesInvalid

Grain = Literal["hour", "day", "week", "month"]

MAX_DAYS = 800
MAX_DAYS_BY_HOUR = 7
DEFAULT_DAYS = 30
EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def previous(self) -> "Span":
        """As many days, directly before."""
        return Span(self.first - timedelta(days=self.days), self.first - ONE_DAY)

    def is_open(self, local_now: datetime) -> bool:
        """Whether the span is still running at this local time."""
        return self.first <= local_now.date() <= self.last

    def previous_end(self, local_now: datetime) -> datetime:
        """Where the previous span must stop so that both ran equally long (local wall time).

        Wall time, so that a day with a clock change is still compared with a whole day.
        """
        elapsed = min(midnight_after(self.last), local_now.replace(tzinfo=None))
        return min(elapsed - timedelta(days=self.days), midnight_after(self.previous.last))


def midnight_after(day: date) -> datetime:
    return datetime.combine(day + ONE_DAY, time())


def local_time(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def requested(first: str | None, last: str | None, today: date) -> Span:
    """The span that ``from`` and ``to`` ask for; without them the last 30 days up to today.

    Raises DatesInvalid when a date is malformed, out of bounds, or the range too long.
    """
    end = _day("to", last) if last else today
    begin = _day("from", first) if first else end - timedelta(days=DEFAULT_DAYS - 1)
    if begin > end:
        raise DatesInvalid(f"from={begin} lies after to={end}.")
    span = Span(begin, end)
    if span.days > MAX_DAYS:
        raise DatesInvalid(f"{span.days} days were asked for; at most {MAX_DAYS} can be shown.")
    return span


def require_countable(span: Span, grain: Grain) -> None:
    """Raises DatesInvalid when the span has too many buckets of this grain."""
    if grain == "hour" and span.days > MAX_DAYS_BY_HOUR:
        raise DatesInvalid(f"By hour at most {MAX_DAYS_BY_HOUR} days can be shown.")


def _day(name: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise DatesInvalid(f"{name}={text!r} is no date; write it as 2026-11-22.") from None
    if not EARLIEST <= day <= LATEST:
        raise DatesInvalid(f"{name}={day} lies outside {EARLIEST} to {LATEST}.")
    return day
