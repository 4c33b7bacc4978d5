"""Proof 4, its quick form: 200 shoppers in four processes race for a few times 50 units."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from rynek.soak import oversell
from rynek.soak.oversell import NaiveBuyer, Race
from tests.transactional.market import TestMarket
from transactional import invariants

SAMPLE = """
select count(*) from stock
where received_units <> available_units + held_units + sold_units
or available_units <> (select sum(available_units) from stock_moves where offer_id = stock.offer_id)
or held_units <> (select sum(held_units) from stock_moves where offer_id = stock.offer_id)
"""


@contextmanager
def sampled(database_url: str) -> Iterator[list[int]]:
    """How many offers did not add up, looked at again and again for the length of the block."""
    found: list[int] = []
    is_over = threading.Event()

    def look() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            while not is_over.is_set():
                row = connection.execute(SAMPLE).fetchone()
                found.append(row[0] if row else -1)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        is_over.set()
        watcher.join()


def race(market: TestMarket) -> Race:
    offers = [market.offer(units=50) for _ in range(6)]
    shoppers = [market.shopper()["shopper_id"] for _ in range(200)]
    with market.database.transaction() as connection:
        entered = oversell.enter(connection, shoppers)
    return Race(market.settings.database_url, offers, entered)


def test_no_unit_is_promised_twice_nor_refused_while_it_is_free(market: TestMarket) -> None:
    run = race(market)
    with sampled(run.database_url) as unsound:
        finish = oversell.run(run)
    assert oversell.faults(run.database_url, run, finish) == []
    assert unsound
    assert set(unsound) == {0}
    assert finish.promised
    assert finish.refused
    with market.database.transaction() as connection:
        assert invariants.check(connection) == []


def test_reading_first_and_writing_then_oversells(market: TestMarket) -> None:
    run = race(market)
    finish = oversell.run(run, NaiveBuyer)
    found = oversell.faults(run.database_url, run, finish)
    assert any("units promised" in fault for fault in found), found
