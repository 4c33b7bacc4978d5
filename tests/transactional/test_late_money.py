"""Money that comes late, twice, or for an order that is gone: it ends in an order or a refund."""

import threading

import pytest

from tests.rynek.local.stripe.standins import Standin
from tests.transactional.market import TestMarket
from tests.transactional.money_back import demand_sound
from tests.transactional.paying import (
    begin,
    challenged,
    challenged_then_lapsed,
    kept_cents,
    payments_of,
    recover,
    sales,
)
from transactional.gateway import Gateway
from transactional.ordering import orders, stock
from transactional.ordering.orders import OrderNotOpenError
from transactional.payment import payments, recovery
from transactional.payment.attempts import PaymentInProgressError
from transactional.payment.intents import Intent


def cancel(market: TestMarket, order_id: int) -> None:
    with market.database.transaction() as connection:
        orders.cancel(connection, order_id, market.clock())


def test_a_late_capture_has_its_units_again_where_they_are_free(
    market: TestMarket, standin: Standin
) -> None:
    offer = market.offer(units=1)
    order_id = challenged_then_lapsed(market, standin, offer)
    recover(market)
    assert (market.status(order_id), market.units(offer)) == ("paid", (0, 0, 1))
    assert payments_of(market, order_id)[0]["ended_in"] == "order"
    (part,) = market.rows("select status, cancelled_at, cancel_reason from vendor_orders")
    assert part == {"status": "paid", "cancelled_at": None, "cancel_reason": None}
    demand_sound(market)


def test_a_late_capture_whose_units_are_gone_goes_back_whole(
    market: TestMarket, standin: Standin
) -> None:
    offer = market.offer(units=1)
    order_id = challenged_then_lapsed(market, standin, offer)
    market.order((offer, 1))
    recover(market)
    assert (market.status(order_id), sales(market)) == ("cancelled", 0)
    assert payments_of(market, order_id)[0]["ended_in"] == "refund"
    assert kept_cents(market, order_id) == 0
    with market.database.transaction() as connection:
        stock.move(connection, stock.RESTOCK, {offer: 1}, market.clock())
    recover(market)
    assert market.status(order_id) == "cancelled"
    demand_sound(market)


def test_money_for_an_order_that_was_given_up_goes_back_although_units_are_free(
    market: TestMarket, standin: Standin
) -> None:
    offer = market.offer(units=1)
    order_id, intent_id = challenged(market, offer)
    cancel(market, order_id)
    standin.authenticate(intent_id)
    recover(market)
    assert (market.status(order_id), market.units(offer)) == ("cancelled", (1, 0, 0))
    assert kept_cents(market, order_id) == 0
    demand_sound(market)


def test_a_cancelled_orders_challenge_ends_at_stripe_with_the_next_turn_of_recovery(
    market: TestMarket,
) -> None:
    order_id, intent_id = challenged(market, market.offer())
    cancel(market, order_id)
    assert recovery.recover(market.database, market.gateway, market.clock()) == 1
    assert market.gateway.ask(intent_id).status == "cancelled"
    assert payments_of(market, order_id)[0]["status"] == "cancelled"


def test_a_challenge_ends_at_once_although_it_was_asked_about_while_its_order_was_cancelled(
    market: TestMarket,
) -> None:
    order_id, intent_id = challenged(market, market.offer())

    class Slow(Gateway):
        def ask(self, payment_intent_id: str) -> Intent:
            told = super().ask(payment_intent_id)
            cancel(market, order_id)
            return told

    market.clock.advance(seconds=31)
    slow = Slow(market.settings)
    assert recovery.recover(market.database, slow, market.clock()) == 1
    assert market.gateway.ask(intent_id).status == "requires_action"
    assert recovery.recover(market.database, market.gateway, market.clock()) == 1
    assert market.gateway.ask(intent_id).status == "cancelled"
    assert recovery.recover(market.database, market.gateway, market.clock()) == 0


@pytest.mark.parametrize("first", ["cancel", "capture"])
def test_cancelling_while_the_shopper_confirms_has_one_outcome(
    market: TestMarket, standin: Standin, first: str
) -> None:
    order_id, intent_id = challenged(market, market.offer())
    payment_id = market.value("select payment_id from payments")
    standin.authenticate(intent_id)
    captured = market.gateway.ask(intent_id)

    def settle() -> None:
        with market.database.transaction() as connection:
            payments.settle(connection, payment_id, captured, market.clock())

    if first == "cancel":
        cancel(market, order_id)
        settle()
        assert (market.status(order_id), kept_cents(market, order_id)) == ("cancelled", 0)
    else:
        settle()
        with pytest.raises(OrderNotOpenError):
            cancel(market, order_id)
        assert market.status(order_id) == "paid"
    demand_sound(market)


def test_an_order_whose_payment_is_unanswered_is_not_cancelled(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    begin(market, order_id)
    with pytest.raises(PaymentInProgressError):
        cancel(market, order_id)


def test_shopper_webhook_and_recovery_at_once_sell_once(
    market: TestMarket, standin: Standin
) -> None:
    order_id, intent_id = challenged(market, market.offer(units=1))
    payment_id = market.value("select payment_id from payments")
    standin.authenticate(intent_id)
    together = threading.Barrier(4)

    def settle() -> None:
        intent = market.gateway.ask(intent_id)
        together.wait()
        with market.database.transaction() as connection:
            payments.settle(connection, payment_id, intent, market.clock())

    threads = [threading.Thread(target=settle) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (market.status(order_id), sales(market)) == ("paid", 1)
    demand_sound(market)
