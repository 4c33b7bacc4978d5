from datetime import timedelta

import pytest

from tests.transactional.market import TestMarket, Visit
from tests.transactional.money_back import demand_sound
from transactional.ordering import fulfilment, timers, vendor_orders
from transactional.ordering.fulfilment import (
    MoveRefusedError,
    NothingToShipError,
    NotUnderWayError,
    Shipment,
)
from transactional.settlement import refunds
from transactional.settlement.refund_sharing import RefundedLine

UPS = Shipment("UPS", "1Z999")


def vendor_order_of(market: TestMarket, order_id: int) -> int:
    return int(
        market.value("select min(vendor_order_id) from vendor_orders where order_id = %s", order_id)
    )


def fire(market: TestMarket) -> int:
    return timers.fire(market.database, market.clock())


def told(market: TestMarket) -> list[str]:
    rows = market.rows("select payload from outbox where type = 'timer.fired' order by id")
    return [row["payload"]["kind"] for row in rows]


def turn_to(market: TestMarket, kind: str) -> None:
    """The moment at which the vendor order's timer comes due."""
    market.clock.time = market.value("select min(due_at) from timers where kind = %s", kind)


def test_a_shipped_order_can_be_tracked_and_its_code_corrected(market: TestMarket) -> None:
    key = vendor_order_of(market, market.paid_order((market.offer(), 1)))
    with market.database.transaction() as connection:
        with pytest.raises(NotUnderWayError):
            fulfilment.track(connection, key, UPS, market.clock())
        fulfilment.ship(connection, key, Shipment(), market.clock())
        row = fulfilment.track(connection, key, UPS, market.clock())
    assert (row["carrier"], row["tracking_code"], row["version"]) == ("UPS", "1Z999", 4)


def test_delivery_opens_the_dispute_window_after_which_the_transfer_is_due(
    market: TestMarket,
) -> None:
    key = vendor_order_of(market, market.paid_order((market.offer(), 1)))
    with market.database.transaction() as connection:
        fulfilment.ship(connection, key, UPS, market.clock())
        fulfilment.deliver(connection, key, market.clock())
    (transfer,) = market.rows("select status, due_at from transfers")
    assert transfer["status"] == "due"
    assert transfer["due_at"] - market.clock() == timedelta(days=7)


def test_a_cancelled_part_gives_back_its_units_and_its_money_only(market: TestMarket) -> None:
    first, second = market.offer(units=10), market.offer(units=10)
    order_id = market.paid_order((first, 2), (second, 3))
    key = vendor_order_of(market, order_id)
    with market.database.transaction() as connection:
        row = fulfilment.cancel(connection, key, "vendor", market.clock())
    assert (row["status"], row["cancel_reason"]) == ("cancelled", "vendor")
    assert market.units(first) == (10, 0, 0)
    assert market.units(second) == (7, 0, 3)
    (refund,) = market.rows("select amount_cents, reason from refunds")
    assert refund == {
        "amount_cents": row["items_cents"] + row["shipping_cents"],
        "reason": "vendor_cancelled",
    }
    assert market.status(order_id) == "paid"
    demand_sound(market)


def test_the_units_of_a_cancelled_part_cannot_come_back_twice(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(units=10), 2), (market.offer(units=10), 3))
    with market.database.transaction() as connection:
        fulfilment.cancel(connection, vendor_order_of(market, order_id), "vendor", market.clock())
        left = refunds.lines_left(connection, order_id)
    assert [line.restockable_units for line in left] == [0, 3]


def test_only_what_is_paid_and_here_can_be_cancelled(market: TestMarket) -> None:
    unpaid = vendor_order_of(market, market.order((market.offer(), 1)))
    gone = vendor_order_of(market, market.paid_order((market.offer(), 1)))
    with market.database.transaction() as connection:
        fulfilment.ship(connection, gone, UPS, market.clock())
        for key in (unpaid, gone):
            with pytest.raises(MoveRefusedError):
                fulfilment.cancel(connection, key, "operator", market.clock())
        with pytest.raises(vendor_orders.VendorOrderUnknownError):
            fulfilment.cancel(connection, 404, "operator", market.clock())


def test_what_was_refunded_whole_is_not_shipped_and_not_refunded_again(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1))
    key = vendor_order_of(market, order_id)
    with market.database.transaction() as connection:
        lines = [RefundedLine(line.line_id) for line in refunds.lines_left(connection, order_id)]
        refunds.queue(connection, order_id, lines, "operator", market.clock())
        with pytest.raises(NothingToShipError):
            fulfilment.ship(connection, key, UPS, market.clock())
        fulfilment.cancel(connection, key, "vendor", market.clock())
    assert market.value("select count(*) from refunds") == 1


def test_a_late_order_is_reminded_of_escalated_and_at_last_cancelled(market: TestMarket) -> None:
    offer = market.offer(units=5)
    key = vendor_order_of(market, market.paid_order((offer, 2)))
    assert fire(market) == 0
    turn_to(market, "ship_reminder")
    assert fire(market) == 1
    turn_to(market, "ship_escalation")
    assert (fire(market), fire(market)) == (1, 0)
    assert told(market) == ["ship_reminder", "ship_escalation"]
    turn_to(market, "ship_cancellation")
    assert fire(market) == 1
    (row,) = market.rows("select status, cancel_reason from vendor_orders")
    assert row == {"status": "cancelled", "cancel_reason": "not_shipped"}
    assert market.units(offer) == (5, 0, 0)
    assert market.value("select reason from refunds") == "not_shipped"
    with market.database.transaction() as connection, pytest.raises(MoveRefusedError):
        fulfilment.ship(connection, key, UPS, market.clock())


def test_a_timer_that_two_workers_saw_due_fires_once(market: TestMarket) -> None:
    market.paid_order((market.offer(), 1))
    turn_to(market, "ship_reminder")
    (due,) = market.rows(
        "select timer_id, vendor_order_id, order_id, vendor_id, kind from timers"
        " join vendor_orders using (vendor_order_id) where kind = 'ship_reminder'"
    )
    for _ in range(2):
        timers._fire_one(market.database, due, market.clock())
    assert told(market) == ["ship_reminder"]


def test_an_order_that_moved_on_voids_its_timers(market: TestMarket) -> None:
    key = vendor_order_of(market, market.paid_order((market.offer(), 1)))
    with market.database.transaction() as connection:
        fulfilment.ship(connection, key, UPS, market.clock())
    turn_to(market, "ship_cancellation")
    assert (fire(market), fire(market)) == (3, 0)
    assert market.value("select count(*) from timers where is_void and fired_at is null") == 3
    assert told(market) == []


def test_a_timer_that_cannot_fire_yet_waits_and_lets_others_pass(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1))
    market.rows(
        "insert into disputes (order_id, payment_id, stripe_dispute_id, status, amount_cents,"
        " opened_at) select order_id, payment_id, 'dp_1', 'open', 1, now() from payments"
        " where order_id = %s returning 1",
        order_id,
    )
    turn_to(market, "ship_cancellation")
    assert (fire(market), fire(market)) == (3, 0)
    assert market.value("select status from vendor_orders") == "paid"
    market.rows("update disputes set status = 'won', closed_at = now() returning 1")
    market.clock.advance(minutes=10)
    assert fire(market) == 1
    assert market.value("select status from vendor_orders") == "cancelled"


def test_a_suspended_vendors_open_orders_go_on(market: TestMarket, visit: Visit) -> None:
    key = vendor_order_of(market, market.paid_order((market.offer(), 1)))
    vendor_id = market.value("select vendor_id from vendor_orders")
    market.rows("update vendors set status = 'suspended', version = version + 1 returning 1")
    at = visit("vendor", vendor_id)
    for verb in ("ship", "deliver"):
        answer = at.post(
            f"/v1/vendor-orders/vor_{key}/{verb}", json={}, headers={"Idempotency-Key": verb}
        )
        assert answer.status_code == 200, answer.text
