"""Ranges of days, and what they are compared with."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from serving import spans
from serving.errors import DatesInvalid
from serving.spans import Span

TODAY = date(2026, 11, 22)
WARSAW = ZoneInfo("Europe/Warsaw")


def test_without_dates_the_last_thirty_days_are_meant() -> None:
    assert spans.requested(None, None, TODAY) == Span(date(2026, 10, 24), TODAY)


def test_a_single_day_is_a_span() -> None:
    span = spans.requested("2026-11-22", "2026-11-22", TODAY)
    assert span.days == 1
    assert span.previous == Span(date(2026, 11, 21), date(2026, 11, 21))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-23", "2026-11-22"),
        ("22.11.2026", None),
        ("2026-02-30", None),
        ("0001-01-01", "0001-01-02"),
        ("2024-09-13", "2026-11-22"),
        (None, "9999-12-31"),
    ],
)
def test_dates_that_make_no_range_are_refused(first: str | None, last: str | None) -> None:
    with pytest.raises(DatesInvalid):
        spans.requested(first, last, TODAY)


def test_eight_hundred_days_are_the_most() -> None:
    assert spans.requested("2024-09-14", "2026-11-22", TODAY).days == 800


def test_a_finished_span_is_compared_with_all_of_the_one_before() -> None:
    span = Span(date(2026, 11, 1), date(2026, 11, 10))
    now = datetime(2026, 11, 22, 15, 30, tzinfo=WARSAW)
    assert not span.is_open(now)
    assert span.previous_end(now) == datetime(2026, 11, 1)


def test_a_running_span_is_compared_with_as_much_of_the_one_before() -> None:
    span = Span(date(2026, 11, 16), date(2026, 11, 22))
    now = datetime(2026, 11, 22, 15, 30, tzinfo=WARSAW)
    assert span.is_open(now)
    assert span.previous_end(now) == datetime(2026, 11, 15, 15, 30)


def test_a_day_with_a_clock_change_is_compared_by_the_clock_on_the_wall() -> None:
    span = Span(date(2026, 10, 25), date(2026, 10, 25))
    now = datetime(2026, 10, 25, 12, 0, tzinfo=WARSAW)
    assert span.previous_end(now) == datetime(2026, 10, 24, 12, 0)


def test_by_hour_a_week_is_the_most() -> None:
    spans.require_countable(Span(date(2026, 11, 16), date(2026, 11, 22)), "hour")
    with pytest.raises(DatesInvalid):
        spans.require_countable(Span(date(2026, 11, 15), date(2026, 11, 22)), "hour")
