from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from transactional.ordering.calendars import LONGEST_SEARCH_DAYS, Calendar

WARSAW = ZoneInfo("Europe/Warsaw")
WEEK = Calendar(WARSAW, frozenset({1, 2, 3, 4, 5}))
FRIDAY = datetime(2026, 3, 27, 12, tzinfo=UTC)


def test_working_days_skip_the_weekend_and_end_with_the_local_day() -> None:
    # The clocks go forward on Sunday: Friday's days end at 23:00 UTC, Monday's at 22:00.
    assert WEEK.end_of_working_day(FRIDAY, 0) == datetime(2026, 3, 27, 22, 59, 59, tzinfo=UTC)
    assert WEEK.end_of_working_day(FRIDAY, 1) == datetime(2026, 3, 30, 21, 59, 59, tzinfo=UTC)


def test_late_in_the_evening_the_local_day_counts_not_the_utc_day() -> None:
    already_saturday = datetime(2026, 3, 27, 23, 30, tzinfo=UTC)
    assert WEEK.day_of(already_saturday) == date(2026, 3, 28)
    assert WEEK.day_of(WEEK.end_of_working_day(already_saturday, 0)) == date(2026, 3, 30)


def test_a_closure_is_no_working_day() -> None:
    closed = Calendar(WARSAW, WEEK.open_weekdays, ((date(2026, 3, 30), date(2026, 4, 1)),))
    assert closed.day_of(closed.end_of_working_day(FRIDAY, 1)) == date(2026, 4, 2)


def test_a_vendor_that_never_opens_still_gets_an_end() -> None:
    closed = Calendar(WARSAW, WEEK.open_weekdays, ((date(2026, 1, 1), date(2099, 1, 1)),))
    last = FRIDAY.date() + timedelta(days=LONGEST_SEARCH_DAYS)
    assert closed.day_of(closed.end_of_working_day(FRIDAY, 1)) == last


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.frozensets(st.integers(1, 7), min_size=1),
    st.integers(0, 60),
)
def test_the_end_lies_ahead_on_an_open_day_and_leaves_the_promised_days(
    moment: datetime, weekdays: frozenset[int], days: int
) -> None:
    calendar = Calendar(WARSAW, weekdays)
    end = calendar.end_of_working_day(moment, days)
    first, last = calendar.day_of(moment), calendar.day_of(end)
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert end > moment - timedelta(seconds=1)
    assert calendar.is_open(last)
    assert sum(map(calendar.is_open, between)) == days or (days == 0 and len(between) < 7)
