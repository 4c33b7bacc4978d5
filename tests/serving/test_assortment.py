"""Which offer a shopper is given: stock, prices and vendors as they are now."""

import pytest

from serving import assortment
from serving.assortment import OfferState
from serving.facts import Fact
from serving.live_tail import Tail
from serving.overlay import Base, Overlay
from tests.serving.market import IDENTITY, Market, at
from warehouse.moment import PgSnapshot
from warehouse.snapshot import Snapshot


def fact(position: int, kind: str, key: str, **payload: object) -> Fact:
    return Fact(position, "500", kind, key, 9, at("2026-11-22"), True, IDENTITY, payload)


def overlay(*facts: Fact) -> Overlay:
    return Tail.start(Base(IDENTITY, PgSnapshot(100, 100), 0)).take(facts).overlay


@pytest.fixture
def snapshot(market: Market) -> Snapshot:
    market.vendor(3, status="suspended")
    market.offer(7, 3, product_id=1, price_cents=100)
    market.offer(8, 1, product_id=8, available_units=0)
    market.publish()
    return Snapshot.current(market.folder)


def chosen(snapshot: Snapshot, *facts: Fact) -> dict[int, int | None]:
    published = assortment.published(snapshot)
    now = published.with_changes(assortment.changes(snapshot, overlay(*facts)))
    assert set(now.available_product_ids()) == {p for p in range(1, 10) if now.chosen_offer(p)}
    return {product: now.chosen_offer(product) for product in (1, 2, 8, 9)}


def stock(position: int, offer_id: int, available: int) -> Fact:
    return fact(
        position,
        "stock.changed",
        f"off_{offer_id}",
        offer_id=offer_id,
        product_id=0,
        vendor_id=0,
        available_units=available,
        low_stock_threshold=0,
    )


def offer(position: int, offer_id: int, price_cents: int, status: str = "active") -> Fact:
    return fact(
        position,
        "offer.changed",
        f"off_{offer_id}",
        offer_id=offer_id,
        product_id=0,
        vendor_id=0,
        price_cents=price_cents,
        status=status,
    )


def vendor(position: int, vendor_id: int, status: str) -> Fact:
    key = f"ven_{vendor_id}"
    return fact(position, "vendor.changed", key, vendor_id=vendor_id, name="X", status=status)


def test_the_cheapest_offer_in_stock_of_an_active_vendor_is_chosen(snapshot: Snapshot) -> None:
    assert chosen(snapshot) == {1: 6, 2: 2, 8: None, 9: None}


def test_an_offer_that_sold_out_gives_way_to_the_next(snapshot: Snapshot) -> None:
    assert chosen(snapshot, stock(1, 6, 0))[1] == 1
    assert chosen(snapshot, stock(1, 6, 0), stock(2, 1, 0))[1] is None


def test_what_is_restocked_can_be_bought_again(snapshot: Snapshot) -> None:
    assert chosen(snapshot, stock(1, 8, 5))[8] == 8


def test_a_new_price_or_a_pause_changes_the_choice(snapshot: Snapshot) -> None:
    assert chosen(snapshot, offer(1, 1, 500))[1] == 1
    assert chosen(snapshot, offer(1, 6, 900, "paused"))[1] == 1


def test_a_vendor_that_is_suspended_or_back_changes_the_choice(snapshot: Snapshot) -> None:
    assert chosen(snapshot, vendor(1, 2, "suspended"))[1] == 1
    assert chosen(snapshot, vendor(1, 3, "active"))[1] == 7


def test_equal_prices_are_settled_by_the_older_offer() -> None:
    twins = [OfferState(1, offer_id, 1, 500, "active", "active", 3) for offer_id in (9, 4, 7)]
    assert assortment.choose(twins) == {1: 4}
