import logging
from collections.abc import Callable, Iterator

import pytest

from tests.transactional.market import TestMarket
from tests.transactional.money_back import demand_sound, refund, work
from transactional import claims, gaps
from transactional.database import DatabaseBusyError, Row
from transactional.settlement import transfers

ROWS: list[Row] = [{"thing_id": 1}, {"thing_id": 2}, {"thing_id": 3}]
BusyOnce = Callable[[str], None]


@pytest.fixture
def busy_once() -> Iterator[BusyOnce]:
    """The database does not take what follows a gap, when it is first reached."""
    armed: list[str] = []

    def be_busy(gap: str) -> None:
        def refuse() -> None:
            gaps.arm(gap, lambda: None)
            raise DatabaseBusyError

        armed.append(gap)
        gaps.arm(gap, refuse)

    yield be_busy
    for gap in armed:
        gaps.arm(gap, lambda: None)


def statuses(market: TestMarket, table: str) -> list[str]:
    return [row["status"] for row in market.rows(f"select status from {table} order by status")]


def test_a_claim_that_meets_a_busy_database_does_not_keep_the_next_ones(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[int] = []

    def work(claim: Row) -> None:
        if claim["thing_id"] == 2:
            raise DatabaseBusyError
        done.append(claim["thing_id"])

    with caplog.at_level(logging.WARNING):
        assert claims.each("thing", ROWS, work) == 3
    assert done == [1, 3]
    assert "thing 2 is left to its lease" in caplog.text


def test_any_other_error_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        claims.each("thing", ROWS, lambda claim: claim["thing_id"] // 0)


def test_a_busy_database_delays_one_transfer_and_not_the_rest_of_its_batch(
    market: TestMarket, busy_once: BusyOnce
) -> None:
    market.delivered_order((market.offer(), 1), (market.offer(), 1), (market.offer(), 1))
    busy_once("transfer_sent_not_marked")
    assert transfers.send(market.database, market.gateway, market.clock()) == 3
    assert statuses(market, "transfers") == ["sending", "sent", "sent"]
    market.clock.advance(minutes=1)
    work(market)
    assert statuses(market, "transfers") == ["sent"] * 3
    demand_sound(market)


@pytest.mark.parametrize(
    ("gap", "table", "unfinished", "finished"),
    [
        ("refund_sent_not_marked", "refunds", "sending", "succeeded"),
        ("reversal_sent_not_marked", "transfer_reversals", "sending", "owed"),
    ],
)
def test_a_busy_database_delays_one_of_two_refunds_and_of_two_reversals(
    market: TestMarket, busy_once: BusyOnce, gap: str, table: str, unfinished: str, finished: str
) -> None:
    orders = [market.delivered_order((market.offer(), 1)) for _ in range(2)]
    work(market)
    for order_id in orders:
        refund(market, order_id)
    busy_once(gap)
    work(market)
    assert statuses(market, table) == sorted([unfinished, finished])
    market.clock.advance(minutes=1)
    work(market)
    assert statuses(market, table) == [finished] * 2
    demand_sound(market)
