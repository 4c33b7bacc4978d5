import random
import threading
from collections.abc import Callable

import pytest

from tests.transactional.market import TestMarket
from transactional.catalogue import offers
from transactional.catalogue.offers import OfferChange
from transactional.errors import MarketError
from transactional.ordering import expiry, stock
from transactional.ordering.stock import OutOfStockError


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each returned or raised, all started together."""
    outcomes: list[object] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(place: int) -> None:
        barrier.wait()
        try:
            outcomes[place] = works[place]()
        except MarketError as error:
            outcomes[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def stock_facts(market: TestMarket) -> list[int]:
    rows = market.rows("select payload from outbox where type = 'stock.changed' order by id")
    return [row["payload"]["available_units"] for row in rows]


def test_of_two_shoppers_at_the_last_unit_one_gets_it_and_one_hears_none_is_left(
    market: TestMarket,
) -> None:
    offer = market.offer(units=1)
    outcomes = at_once(lambda: market.order((offer, 1)), lambda: market.order((offer, 1)))
    (loser,) = [outcome for outcome in outcomes if isinstance(outcome, OutOfStockError)]
    lacking = {"offer_id": f"off_{offer}", "wanted_units": 1, "available_units": 0}
    assert loser.details == {"lacking": [lacking]}
    assert market.units(offer) == (0, 1, 0)
    assert market.value("select count(*) from orders") == 1


def test_many_carts_in_random_order_neither_deadlock_nor_oversell(market: TestMarket) -> None:
    offers = [market.offer(units=5) for _ in range(4)]
    chance = random.Random(20)
    shopper = market.shopper()["shopper_id"]

    def shop() -> int:
        placed = 0
        for _ in range(8):
            cart = [(offer, 1) for offer in chance.sample(offers, 3)]
            try:
                market.order(*cart, shopper=shopper)
                placed += 1
            except OutOfStockError:
                continue
        return placed

    outcomes = at_once(shop, shop, shop, shop)
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    free = sorted(market.units(offer)[0] for offer in offers)
    assert all(units >= 0 for units in free)
    # Nobody was refused while three offers still had a unit.
    assert free[1] == 0


def test_a_cart_that_lacks_one_unit_holds_nothing(market: TestMarket) -> None:
    plenty, scarce = market.offer(units=10), market.offer(units=1)
    with pytest.raises(OutOfStockError) as refusal:
        market.order((plenty, 2), (scarce, 2))
    assert refusal.value.offer_ids == [scarce]
    assert market.units(plenty) == (10, 0, 0)
    assert market.value("select count(*) from outbox where type = 'vendor_order.changed'") == 0


def test_crossing_the_threshold_and_zero_each_make_one_fact(market: TestMarket) -> None:
    offer = market.offer(units=8)
    market.order((offer, 2))
    assert stock_facts(market) == []
    market.order((offer, 1))
    assert stock_facts(market) == [5]
    market.order((offer, 1))
    assert stock_facts(market) == [5]
    market.order((offer, 4))
    assert stock_facts(market) == [5, 0]


def test_units_given_back_cross_the_other_way(market: TestMarket) -> None:
    offer = market.offer(units=1)
    market.order((offer, 1))
    market.clock.advance(minutes=16)
    expiry.sweep(market.database, market.clock())
    assert stock_facts(market) == [0, 1]


def test_a_restock_adds_received_units_and_is_always_told(market: TestMarket) -> None:
    offer = market.offer(units=50)
    with market.database.transaction() as connection:
        stock.move(connection, stock.RESTOCK, {offer: 7}, market.clock())
    assert market.units(offer) == (57, 0, 0)
    assert market.value("select received_units from stock where offer_id = %s", offer) == 57
    assert stock_facts(market) == [57]


def test_a_new_threshold_is_told(market: TestMarket) -> None:
    offer = market.offer(units=50)
    change = OfferChange(low_stock_threshold=60)
    with market.database.transaction() as connection:
        offers.change_offer(connection, offer, change, market.clock())
    payload = market.value("select payload from outbox where type = 'stock.changed'")
    assert (payload["available_units"], payload["low_stock_threshold"]) == (50, 60)


def test_the_journal_tells_every_movement_with_its_order(market: TestMarket) -> None:
    offer = market.offer(units=9)
    paid = market.paid_order((offer, 2), (offer, 1))
    lapsed = market.order((offer, 4))
    market.clock.advance(minutes=16)
    expiry.sweep(market.database, market.clock())
    with market.database.transaction() as connection:
        newest_first = stock.moves_of(connection, offer, None, 10)
    assert [(move["kind"], move["order_id"]) for move in reversed(newest_first)] == [
        ("opened", None),
        ("held", paid),
        ("sold", paid),
        ("held", lapsed),
        ("released", lapsed),
    ]
    assert sum(move["available_units"] for move in newest_first) == market.units(offer)[0] == 6
    assert sum(move["sold_units"] for move in newest_first) == 3
