from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.transactional.market import TestMarket
from transactional import behaviour, behaviour_months
from transactional.behaviour import Event
from transactional.database import DatabaseBusyError

NEW_YEARS_EVE = datetime(2041, 12, 31, 23, 59, 59, tzinfo=UTC)
NEW_YEAR = datetime(2042, 1, 1, tzinfo=UTC)


def view(market: TestMarket, at: datetime) -> None:
    with market.database.transaction() as connection:
        behaviour.record(connection, 7, [Event(uuid4(), at, "view")], at)


def partitions(market: TestMarket) -> list[str]:
    """Where the recorded events lie, oldest first."""
    found = market.rows(
        "select tableoid::regclass::text as name from behaviour_events order by occurred_at"
    )
    return [row["name"] for row in found]


def ensure(market: TestMarket, now: datetime) -> int:
    return behaviour_months.ensure_present(market.database, now)


@pytest.fixture(autouse=True)
def without_months(market: TestMarket) -> None:
    for row in market.rows(
        "select inhrelid::regclass::text as name from pg_inherits"
        " where inhparent = 'behaviour_events'::regclass"
        " and inhrelid <> 'behaviour_events_other'::regclass"
    ):
        with market.database.transaction() as connection:
            connection.execute(f"drop table {row['name']}".encode())


def test_this_month_and_the_one_about_to_begin_have_their_partitions_once(
    market: TestMarket,
) -> None:
    assert [ensure(market, NEW_YEARS_EVE) for _ in range(2)] == [2, 0]
    view(market, NEW_YEARS_EVE)
    view(market, NEW_YEAR)
    assert partitions(market) == ["behaviour_events_2041_12", "behaviour_events_2042_01"]
    assert market.value("select count(*) from behaviour_events where row_version is null") == 0


def test_a_month_whose_events_came_before_its_partition_keeps_them_where_they_are(
    market: TestMarket,
) -> None:
    view(market, NEW_YEAR)
    assert ensure(market, NEW_YEAR) == 0
    view(market, NEW_YEAR)
    assert partitions(market) == ["behaviour_events_other"] * 2


def test_an_event_that_comes_between_the_look_and_the_lock_stays_where_it_is(
    market: TestMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    view(market, NEW_YEAR)
    monkeypatch.setattr(behaviour_months, "_holds_events", lambda *_: False)
    assert ensure(market, NEW_YEAR) == 0
    assert partitions(market) == ["behaviour_events_other"]


def test_a_reader_who_takes_long_is_not_waited_for(market: TestMarket) -> None:
    with market.database.transaction() as reading:
        reading.execute("select from behaviour_events")
        with pytest.raises(DatabaseBusyError):
            ensure(market, NEW_YEAR)
    assert ensure(market, NEW_YEAR) == 1
