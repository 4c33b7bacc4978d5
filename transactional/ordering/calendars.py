"""A vendor's working days: open weekdays less its closures, in the market's time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A vendor that is closed for longer than this is treated as open again: no promise is put off for
# ever.
LONGEST_SEARCH_DAYS = 731
DAY_ENDS_AT = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`open_weekdays` are ISO (Monday is 1); a closure is its first and its last day."""

    time_zone: ZoneInfo
    open_weekdays: frozenset[int]
    closures: tuple[tuple[date, date], ...] = ()

    def is_open(self, day: date) -> bool:
        is_closed = any(first <= day <= last for first, last in self.closures)
        return day.isoweekday() in self.open_weekdays and not is_closed

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.time_zone).date()

    def end_of(self, day: date) -> datetime:
        """The day's last second here, in UTC."""
        return datetime.combine(day, DAY_ENDS_AT, self.time_zone).astimezone(UTC)

    def end_of_working_day(self, moment: datetime, days: int) -> datetime:
        """The end of the `days`-th working day after the moment's own day.

        With 0 days that is the moment's own day, or the next open one.
        """
        day, left = self.day_of(moment), days
        for day in self._days_from(moment):
            left -= self.is_open(day) and day > self.day_of(moment)
            if left <= 0 and self.is_open(day):
                break
        return self.end_of(day)

    def _days_from(self, moment: datetime) -> Iterator[date]:
        first = self.day_of(moment)
        return (first + timedelta(days=number) for number in range(LONGEST_SEARCH_DAYS + 1))
