"""Holds renewed after they lapsed: one generation's money pays the order, all other goes back."""

import pytest

from tests.rynek.local.stripe.standins import Standin
from tests.transactional.market import CHALLENGED_CARD, GOOD_CARD, TestMarket
from tests.transactional.money_back import demand_sound
from tests.transactional.paying import (
    begin,
    challenged,
    challenged_then_lapsed,
    kept_cents,
    lapse,
    payments_of,
    recover,
    sales,
)
from transactional.checkout.carts import OfferUnavailableError
from transactional.ordering import renewals
from transactional.ordering.orders import OrderNotOpenError
from transactional.ordering.renewals import RENEWABLE_FOR, OrderNotRenewableError
from transactional.ordering.stock import OutOfStockError
from transactional.payment import charging, payments


def renew(market: TestMarket, order_id: int) -> None:
    with market.database.transaction() as connection:
        outdated = renewals.begin(connection, order_id, market.clock())
    renewals.end_outdated(market.database, market.gateway, outdated, market.clock())
    with market.database.transaction() as connection:
        renewals.finish(connection, order_id, market.clock())


def test_a_renewed_hold_has_a_new_payment_and_the_old_one_is_cancelled(market: TestMarket) -> None:
    offer = market.offer(units=1)
    order_id, old_intent_id = challenged(market, offer)
    lapse(market)
    renew(market, order_id)
    assert (market.status(order_id), market.units(offer)) == ("pending_payment", (0, 1, 0))
    assert market.gateway.ask(old_intent_id).status == "cancelled"
    market.pay(order_id)
    assert [(row["status"], row["ended_in"]) for row in payments_of(market, order_id)] == [
        ("cancelled", None),
        ("succeeded", "order"),
    ]
    demand_sound(market)


def test_a_hold_that_lapsed_unnoticed_is_renewed_without_moving_units(market: TestMarket) -> None:
    offer = market.offer(units=1)
    order_id = market.order((offer, 1))
    market.clock.advance(minutes=16)
    renew(market, order_id)
    assert (market.status(order_id), market.units(offer)) == ("pending_payment", (0, 1, 0))
    assert market.value("select generation from holds") == 2


def test_a_living_hold_is_left_as_it_is(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    renew(market, order_id)
    assert market.value("select generation from holds") == 1


def test_renewing_finds_that_the_old_money_was_quicker(
    market: TestMarket, standin: Standin
) -> None:
    order_id = challenged_then_lapsed(market, standin, market.offer(units=1))
    renew(market, order_id)
    assert market.status(order_id) == "paid"
    assert market.value("select generation from holds") == 1
    demand_sound(market)


def test_old_money_pays_the_renewed_order_and_the_new_payment_is_cancelled(
    market: TestMarket,
) -> None:
    """Stripe took the first try up only after we had asked it in vain."""
    order_id = market.order((market.offer(units=1), 1))
    late = begin(market, order_id)
    give_up(market)
    new = market.pay(order_id, CHALLENGED_CARD)
    assert new is not None
    intent = charging._call(market.gateway, late)
    with market.database.transaction() as connection:
        payments.settle(connection, late.attempt.payment_id, intent, market.clock())
    assert market.status(order_id) == "paid"
    recover(market)
    assert market.gateway.ask(new.payment_intent_id).status == "cancelled"
    demand_sound(market)


def test_of_two_generations_that_both_took_money_the_second_is_given_back_whole(
    market: TestMarket,
) -> None:
    order_id = market.order((market.offer(units=1), 1))
    late = begin(market, order_id)
    give_up(market)
    paid = market.pay(order_id, GOOD_CARD)
    assert paid is not None
    intent = charging._call(market.gateway, late)
    for _ in range(2):
        with market.database.transaction() as connection:
            payments.settle(connection, late.attempt.payment_id, intent, market.clock())
    assert [row["ended_in"] for row in payments_of(market, order_id)] == ["refund", "order"]
    assert kept_cents(market, order_id) == paid.amount_cents
    assert sales(market) == 1
    demand_sound(market)


def give_up(market: TestMarket) -> None:
    """A day later Stripe does not know of the try; the hold is then renewed."""
    order_id = market.value("select order_id from orders")
    with market.database.transaction() as connection:
        payment_id = market.value("select payment_id from payments")
        payments._give_up(connection, payment_id, "payment_unheard", market.clock())
        connection.execute(
            "update payment_attempts set status = 'answered', answered_at = %s", (market.clock(),)
        )
    lapse(market)
    renew(market, order_id)


def test_units_that_are_gone_are_not_renewed(market: TestMarket) -> None:
    offer = market.offer(units=1)
    order_id = market.order((offer, 1))
    lapse(market)
    market.order((offer, 1))
    with pytest.raises(OutOfStockError):
        renew(market, order_id)
    assert market.status(order_id) == "cancelled"


def test_an_old_a_paid_and_an_unavailable_order_are_not_renewed(market: TestMarket) -> None:
    offer = market.offer()
    paid, old, paused = (market.order((offer, 1)) for _ in range(3))
    market.pay(paid)
    with pytest.raises(OrderNotOpenError):
        renew(market, paid)
    lapse(market)
    market.rows("update offers set status = 'paused' where offer_id = %s returning 1 as n", offer)
    with pytest.raises(OfferUnavailableError):
        renew(market, paused)
    market.clock.advance(seconds=RENEWABLE_FOR.total_seconds())
    with pytest.raises(OrderNotRenewableError):
        renew(market, old)


def test_a_repeated_request_keeps_its_attempt_over_a_renewal(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    begun = begin(market, order_id, CHALLENGED_CARD)
    payments.finish(market.database, market.gateway, begun, market.clock())
    lapse(market)
    renew(market, order_id)
    with market.database.transaction() as connection:
        again = payments.begin(
            connection, order_id, CHALLENGED_CARD, market.clock(), begun.attempt.attempt_id
        )
    assert again is not None
    assert (again.attempt.key, again.attempt.is_answered) == (begun.attempt.key, True)
    assert market.value("select count(*) from payment_attempts") == 1
