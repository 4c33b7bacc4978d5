"""The gaps of a payment: titles name where the process ended, each goes on from there."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import stripe

from tests.rynek.local.stripe.standins import Standin
from tests.transactional.market import CHALLENGED_CARD, DECLINED_CARD, GOOD_CARD, TestMarket
from tests.transactional.paying import (
    LosingAnswers,
    begin,
    captures,
    challenged_then_lapsed,
    recover,
    sales,
)
from transactional.gateway import Gateway, StripeRefusedError, StripeUnavailableError
from transactional.ordering import expiry, orders
from transactional.payment import charging, payments
from transactional.payment.attempts import (
    MOST_ATTEMPTS,
    PaymentInProgressError,
    TooManyAttemptsError,
)
from transactional.payment.intents import Intent
from transactional.payment.payments import HoldLapsedError, IntentForeignError


def test_a_good_card_pays_sells_posts_and_owes_the_vendors(market: TestMarket) -> None:
    tea, cup = market.offer(units=5), market.offer(units=5)
    order_id = market.order((tea, 2), (cup, 1))
    market.pay(order_id)
    assert market.status(order_id) == "paid"
    assert market.units(tea) == (3, 0, 2)
    assert sales(market) == 1
    due = market.rows("select status, amount_cents from transfers order by transfer_id")
    nets = market.rows("select net_cents from vendor_orders order by vendor_order_id")
    assert [row["amount_cents"] for row in due] == [row["net_cents"] for row in nets]


def test_a_declined_card_leaves_the_order_open_for_another(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    declined = market.pay(order_id, DECLINED_CARD)
    assert declined is not None
    assert (declined.status, declined.failure_code) == ("requires_payment", "generic_decline")
    assert market.status(order_id) == "pending_payment"
    market.pay(order_id, GOOD_CARD)
    assert market.status(order_id) == "paid"
    assert market.value("select count(*) from payments") == 1


def test_a_card_that_stripe_does_not_know_is_refused_and_another_may_follow(
    market: TestMarket,
) -> None:
    order_id = market.order((market.offer(), 1))
    with pytest.raises(StripeRefusedError):
        market.pay(order_id, "pm_nonsense")
    market.pay(order_id)
    assert market.status(order_id) == "paid"


def test_a_card_error_without_a_payment_is_a_refusal(market: TestMarket) -> None:
    class Rejecting(Gateway):
        def _answered(self, call: Callable[[], stripe.PaymentIntent]) -> Intent:
            def reject() -> stripe.PaymentIntent:
                body = {"error": {"type": "card_error", "code": "invalid_number"}}
                raise stripe.CardError("no", None, "invalid_number", json_body=body)  # type: ignore[no-untyped-call]  # the SDK's

            return super()._answered(reject)

    begun = begin(market, market.order((market.offer(), 1)))
    with pytest.raises(StripeRefusedError):
        payments.finish(market.database, Rejecting(market.settings), begun, market.clock())
    assert market.value("select status from payment_attempts") == "answered"


def test_an_order_whose_payment_is_at_the_bank_cannot_be_cancelled(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    challenged = market.pay(order_id, CHALLENGED_CARD)
    assert challenged is not None
    with market.database.transaction() as connection:
        payment_id = market.value("select payment_id from payments")
        at_the_bank = replace(challenged, status="processing")
        payments.settle(connection, payment_id, at_the_bank, market.clock())
    with market.database.transaction() as connection, pytest.raises(PaymentInProgressError):
        orders.cancel(connection, order_id, market.clock())


def test_a_challenge_asks_for_action_and_recovery_sees_it_passed(
    market: TestMarket, standin: Standin
) -> None:
    order_id = market.order((market.offer(), 1))
    challenged = market.pay(order_id, CHALLENGED_CARD)
    assert challenged is not None
    assert challenged.status == "requires_action"
    assert challenged.next_action
    standin.authenticate(challenged.payment_intent_id)
    assert market.status(order_id) == "pending_payment"
    assert recover(market) == 1
    assert market.status(order_id) == "paid"


def test_continues_from_an_intent_that_was_committed_and_never_sent(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    begin(market, order_id)
    assert recover(market) == 1
    assert market.status(order_id) == "paid"
    assert recover(market) == 0


def test_continues_from_a_charge_whose_answer_was_lost_without_charging_twice(
    market: TestMarket,
) -> None:
    order_id = market.order((market.offer(), 1))
    with pytest.raises(StripeUnavailableError):
        payments.finish(
            market.database, LosingAnswers(market.settings), begin(market, order_id), market.clock()
        )
    assert market.status(order_id) == "pending_payment"
    market.pay(order_id)
    assert market.status(order_id) == "paid"
    assert captures(market) == 1


def test_continues_from_an_answer_that_was_never_written(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    begun = begin(market, order_id)
    charging.ask_for_money(market.gateway, begun, market.clock())
    assert recover(market) == 1
    assert market.status(order_id) == "paid"
    assert captures(market) == 1


def test_after_a_day_stripe_is_asked_instead_of_repeating_a_call_whose_key_may_be_forgotten(
    market: TestMarket,
) -> None:
    lost, never_sent = (market.order((market.offer(), 1)) for _ in range(2))
    charging.ask_for_money(market.gateway, begin(market, lost), market.clock())
    begin(market, never_sent)
    market.clock.advance(hours=24)
    assert recover(market) == 2
    assert (market.status(lost), market.status(never_sent)) == ("paid", "pending_payment")
    assert captures(market) == 1
    assert market.value("select count(*) from payment_attempts where status = 'started'") == 0


def test_shopper_and_recovery_at_once_sell_once(market: TestMarket) -> None:
    order_id = market.order((market.offer(units=1), 1))
    begun = begin(market, order_id)
    finish = [
        threading.Thread(
            target=payments.finish, args=(market.database, market.gateway, begun, market.clock())
        )
        for _ in range(2)
    ]
    for thread in finish:
        thread.start()
    for thread in finish:
        thread.join()
    assert market.status(order_id) == "paid"
    assert sales(market) == 1
    assert captures(market) == 1


def test_an_answer_that_comes_again_or_out_of_date_changes_nothing(market: TestMarket) -> None:
    order_id = market.order((market.offer(units=9), 1))
    paid = market.pay(order_id)
    assert paid is not None
    payment_id = market.value("select payment_id from payments")
    stale = Intent(
        paid.payment_intent_id, "requires_action", paid.amount_cents, "USD", paid.attempt_key
    )
    before = market.rows("select * from payments")
    for answer in (paid, stale, paid):
        with market.database.transaction() as connection:
            payments.settle(connection, payment_id, answer, market.clock())
    assert market.rows("select * from payments") == before
    assert sales(market) == 1


def test_another_amount_than_asked_for_is_not_taken_for_a_payment(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    begin(market, order_id)
    payment_id = market.value("select payment_id from payments")
    foreign = Intent("pi_other", "succeeded", 1, "USD", None)
    with market.database.transaction() as connection, pytest.raises(IntentForeignError):
        payments.settle(connection, payment_id, foreign, market.clock())


def test_paying_a_paid_order_takes_no_money(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1))
    assert market.pay(order_id) is None
    assert captures(market) == 1


def test_two_cards_at_once_are_refused_while_the_first_is_unanswered(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    begin(market, order_id)
    with pytest.raises(PaymentInProgressError):
        begin(market, order_id, DECLINED_CARD)


def test_a_lapsed_hold_takes_no_payment(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    market.clock.advance(minutes=15)
    with pytest.raises(HoldLapsedError):
        begin(market, order_id)


def test_attempts_are_bounded(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    for _ in range(MOST_ATTEMPTS):
        market.pay(order_id, DECLINED_CARD)
    with pytest.raises(TooManyAttemptsError):
        begin(market, order_id)


def test_a_lapsed_challenge_is_cancelled_at_stripe_too(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    challenged = market.pay(order_id, CHALLENGED_CARD)
    assert challenged is not None
    market.clock.advance(minutes=16)
    expiry.sweep(market.database, market.clock())
    recover(market)
    assert market.gateway.ask(challenged.payment_intent_id).status == "cancelled"
    assert market.value("select status from payments") == "cancelled"


def test_a_late_capture_revives_its_order_where_units_are_free(
    market: TestMarket, standin: Standin
) -> None:
    offer = market.offer(units=1)
    order_id = challenged_then_lapsed(market, standin, offer)
    assert market.status(order_id) == "cancelled"
    recover(market)
    assert market.status(order_id) == "paid"
    assert market.units(offer) == (0, 0, 1)
    assert sales(market) == 1


def test_a_cancelled_order_stays_cancelled_when_its_declined_payment_is_closed(
    market: TestMarket,
) -> None:
    order_id = market.order((market.offer(), 1))
    market.pay(order_id, DECLINED_CARD)
    with market.database.transaction() as connection:
        orders.cancel(connection, order_id, market.clock())
    assert recover(market) == 1
    assert market.status(order_id) == "cancelled"
    assert recover(market) == 0
