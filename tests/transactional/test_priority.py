from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from transactional.ordering.priority import Waiting, ranked

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
TONIGHT = datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)

moments = st.integers(-400, 400).map(lambda hours: NOW + timedelta(hours=hours))
orders = st.lists(
    st.builds(Waiting, st.integers(1, 99), st.none() | moments, st.integers(0, 500)),
    unique_by=lambda order: order.vendor_order_id,
)


def test_the_promise_comes_first_and_the_value_second() -> None:
    waiting = [
        Waiting(1, TONIGHT, 900),
        Waiting(2, TONIGHT + timedelta(days=1), 9_000),
        Waiting(3, TONIGHT - timedelta(days=1), 100),
        Waiting(4, TONIGHT - timedelta(days=3), 50),
        Waiting(5, TONIGHT, 1_200),
        Waiting(6, None, 99_000),
        Waiting(7, TONIGHT + timedelta(days=5), 10_000),
    ]
    found = ranked(waiting, NOW, WARSAW)
    assert [each.vendor_order_id for each in found] == [4, 3, 5, 1, 2, 7, 6]
    assert [each.promise for each in found[1:]] == [
        *("late", "today", "today", "tomorrow", "later", "none"),
    ]
    assert found[0].why == "3 days late; the longest overdue first, then by value"
    assert found[1].why == "a day late; the longest overdue first, then by value"
    assert found[2].why == "promised for today; then by value"


def test_midnight_is_the_markets() -> None:
    just_before_midnight_there = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    (one,) = ranked([Waiting(1, TONIGHT, 1)], just_before_midnight_there, WARSAW)
    assert one.promise == "today"
    (one,) = ranked(
        [Waiting(1, TONIGHT, 1)], just_before_midnight_there + timedelta(hours=1), WARSAW
    )
    assert (one.promise, one.days_late) == ("late", 1)


@given(orders, st.randoms())
def test_the_order_does_not_depend_on_who_was_read_first(
    waiting: list[Waiting], random: Random
) -> None:
    shuffled = random.sample(waiting, len(waiting))
    assert ranked(waiting, NOW, WARSAW) == ranked(shuffled, NOW, WARSAW)


@given(orders)
def test_nothing_on_time_goes_before_what_is_late(waiting: list[Waiting]) -> None:
    promises = [each.promise for each in ranked(waiting, NOW, WARSAW)]
    assert promises == sorted(promises, key=["late", "today", "tomorrow", "later", "none"].index)
