from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.transactional.market import TestMarket
from transactional.ordering import deadlines
from transactional.ordering.calendars import Calendar
from transactional.ordering.deadlines import Deadline

WEEK = Calendar(ZoneInfo("Europe/Warsaw"), frozenset({1, 2, 3, 4, 5}))
MONDAY = datetime(2026, 11, 23, 11, tzinfo=UTC)


def test_a_promise_is_reminded_of_a_day_before_and_ends_a_working_week_after() -> None:
    assert deadlines.plan(WEEK, 2, MONDAY) == Deadline(
        remind_at=datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC),
        ship_by_at=datetime(2026, 11, 25, 22, 59, 59, tzinfo=UTC),
        cancel_at=datetime(2026, 12, 2, 22, 59, 59, tzinfo=UTC),
    )


def test_a_promise_for_the_same_day_is_reminded_of_halfway() -> None:
    deadline = deadlines.plan(WEEK, 0, MONDAY)
    assert MONDAY < deadline.remind_at < deadline.ship_by_at
    assert deadline.remind_at - MONDAY == deadline.ship_by_at - deadline.remind_at


def test_paid_orders_get_their_promise_and_its_timers_once(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1), (market.offer(), 1))
    market.rows("update vendors set open_weekdays = '{1,2,3,4,5,6,7}' returning 1")
    market.rows(
        "insert into vendor_closures (vendor_id, first_date, last_date)"
        " select min(vendor_id), %s, %s from vendors returning 1",
        market.clock().date(),
        market.clock().date() + timedelta(days=20),
    )
    for _ in range(2):
        with market.database.transaction() as connection:
            deadlines.begin(connection, [order_id], market.clock())
    first, second = market.rows("select ship_by_at from vendor_orders order by vendor_id")
    assert first["ship_by_at"] - second["ship_by_at"] >= timedelta(days=19)
    timers = market.rows("select kind from timers where vendor_order_id = 2 order by due_at")
    assert [row["kind"] for row in timers] == [
        "ship_reminder",
        "ship_escalation",
        "ship_cancellation",
    ]
    assert market.value("select count(*) from timers") == 6
