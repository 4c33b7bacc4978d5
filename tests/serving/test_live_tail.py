"""The live tail's rules, without any I/O."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from serving import live_tail
from serving.facts import Fact
from serving.live_tail import Tail
from serving.overlay import Base, Overlay
from warehouse.moment import PgSnapshot

BASE = Base("here", PgSnapshot.parse("100:110:104,107"), 10)
PLACED = datetime(2026, 11, 22, 10, tzinfo=UTC)


def vendor_order(
    position: int,
    *,
    order: int = 1,
    version: int = 1,
    xid: int = 200,
    end: bool = True,
    **given: Any,
) -> Fact:
    payload = {
        "vendor_order_id": order,
        "order_id": order,
        "vendor_id": 7,
        "shopper_pseudonym": 5,
        "status": "paid",
        "placed_at": PLACED.isoformat(),
        "items_cents": 1000,
        "shipping_cents": 490,
        "commission_cents": 45,
        "processing_cents": 43,
        "net_cents": 1402,
        "units": 1,
        "lines": [],
    }
    identity = given.pop("identity", "here")
    kind = given.pop("type", "vendor_order.changed")
    key = f"vor_{order}"
    return Fact(position, str(xid), kind, key, version, PLACED, end, identity, payload | given)


def stock(position: int, offer: int, available: int, version: int = 1) -> Fact:
    payload = {
        "offer_id": offer,
        "product_id": offer,
        "vendor_id": 7,
        "available_units": available,
        "low_stock_threshold": 5,
    }
    return Fact(
        position, "200", "stock.changed", f"off_{offer}", version, PLACED, True, "here", payload
    )


def orders_shown(tail: Tail) -> set[int]:
    return {order.vendor_order_id for order in tail.overlay.for_vendor(7)}


def test_a_batch_is_hidden_until_its_end_is_here() -> None:
    begun = Tail.start(BASE).take([vendor_order(11, order=1, end=False)])
    assert orders_shown(begun) == set()
    assert begun.reached_position == 11

    ended = begun.take([vendor_order(12, order=2)])
    assert orders_shown(ended) == {1, 2}
    assert ended.applied_position == 12


def test_a_late_fact_holds_back_those_behind_it() -> None:
    waiting = Tail.start(BASE).take([vendor_order(12, order=2)])
    assert waiting.has_gap
    assert orders_shown(waiting) == set()
    assert orders_shown(waiting.take([vendor_order(11, order=1)])) == {1, 2}


def test_a_repeated_fact_changes_nothing() -> None:
    once = Tail.start(BASE).take([vendor_order(11)])
    assert once.take([vendor_order(11)]) == once


def test_a_foreign_fact_is_ignored() -> None:
    assert Tail.start(BASE).take([vendor_order(11, identity="elsewhere")]) == Tail.start(BASE)


@pytest.mark.parametrize(
    ("xid", "is_news"),
    [(99, False), (100, False), (104, True), (105, False), (107, True), (110, True), (200, True)],
)
def test_what_the_load_saw_is_not_laid_over_it_again(xid: int, is_news: bool) -> None:
    tail = Tail.start(BASE).take([vendor_order(11, xid=xid)])
    assert orders_shown(tail) == ({1} if is_news else set())
    assert tail.applied_position == 11


def test_of_one_key_the_highest_version_wins_in_any_order_of_arrival() -> None:
    facts = [vendor_order(10 + n, version=n, units=n) for n in (1, 2, 3)]
    for seed in range(10):
        Random(seed).shuffle(facts)
        tail = Tail.start(BASE)
        for fact in facts:
            tail = tail.take([fact])
        assert [order.units for order in tail.overlay.for_vendor(7)] == [3]


def test_a_lower_version_with_a_later_position_does_not_win() -> None:
    tail = Tail.start(BASE).take([vendor_order(11, version=2, units=2), vendor_order(12, units=1)])
    assert [order.units for order in tail.overlay.for_vendor(7)] == [2]


def test_any_arrival_ends_in_the_same_overlay() -> None:
    facts = [
        vendor_order(11 + n, order=n % 4, version=n, xid=95 + n % 20, end=n % 3 == 2)
        for n in range(30)
    ]
    in_order = Tail.start(BASE).take(facts)
    for seed in range(20):
        random = Random(seed)
        arriving = facts + random.choices(facts, k=20)
        random.shuffle(arriving)
        tail = Tail.start(BASE)
        while arriving:
            size = random.randint(1, 7)
            tail, arriving = tail.take(arriving[:size]), arriving[size:]
        assert tail.overlay == in_order.overlay
        assert tail.applied_position == in_order.applied_position == 40


def test_a_newer_snapshot_prunes_what_it_saw_and_keeps_what_it_did_not() -> None:
    tail = Tail.start(BASE).take(
        [vendor_order(11, order=1, xid=120), vendor_order(12, order=2, xid=130)]
    )
    newer = Base("here", PgSnapshot.parse("125:140:130"), 11)
    moved = tail.rebase(newer)
    assert orders_shown(moved) == {2}
    assert moved.applied_position == 12


def test_a_snapshot_ahead_of_the_tail_moves_it_on() -> None:
    tail = Tail.start(BASE).take([vendor_order(11, order=1, xid=120), vendor_order(14, xid=150)])
    moved = tail.rebase(Base("here", PgSnapshot.parse("140:140:"), 13))
    assert orders_shown(moved) == {1}
    assert moved.applied_position == 14


def test_a_rollback_or_another_database_begins_the_tail_again() -> None:
    tail = Tail.start(BASE).take([vendor_order(11)])
    for older in (Base("here", BASE.snapshot, 3), Base("elsewhere", BASE.snapshot, 20)):
        assert tail.rebase(older) == Tail.start(older)


def test_a_batch_larger_than_the_waiting_room_still_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_tail, "MAX_WAITING_FACTS", 5)
    tail = Tail.start(BASE)
    for position in range(11, 31):
        tail = tail.take([vendor_order(position, order=position, end=position == 30)])
    assert len(orders_shown(tail)) == 20


def test_facts_behind_a_gap_are_dropped_when_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_tail, "MAX_WAITING_FACTS", 5)
    tail = Tail.start(BASE).take([vendor_order(position) for position in range(13, 30)])
    assert not tail.waiting
    assert tail.reached_position == 10


def test_types_that_serving_does_not_know_move_the_tail_on() -> None:
    tail = Tail.start(BASE).take([vendor_order(11, type="refund.changed")])
    assert tail.applied_position == 11
    assert tail.overlay == Overlay()


def test_stock_is_kept_by_offer() -> None:
    tail = Tail.start(BASE).take([stock(11, 3, 0, version=2), stock(12, 4, 9)])
    available = {offer: live.state.available_units for offer, live in tail.overlay.stock.items()}
    assert available == {3: 0, 4: 9}


def test_purchases_since_the_snapshot_are_known_by_shopper() -> None:
    line = {
        "line_id": 1,
        "offer_id": 2,
        "product_id": 33,
        "title": "Tea",
        "sku": "T",
        "quantity": 1,
        "line_cents": 100,
    }
    facts = [
        vendor_order(11, order=1, lines=[line]),
        vendor_order(12, order=2, lines=[line | {"product_id": 44}], status="cancelled"),
    ]
    assert Tail.start(BASE).take(facts).overlay.bought_by(5) == {33}
