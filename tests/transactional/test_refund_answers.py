"""What Stripe says of a refund: late, twice, not at all, or no; it is given back once or never."""

from typing import Any
from uuid import UUID

import pytest

from tests.transactional.market import TestMarket
from tests.transactional.money_back import (
    at_stripe,
    balance,
    demand_sound,
    intent_of,
    refund,
    refunded_at_stripe,
    the,
    work,
)
from transactional.gateway import Gateway, RefundAnswer, StripeUnavailableError
from transactional.settlement import refund_outcomes, refund_sending, reversals


def test_a_lost_answer_is_found_again_and_nothing_goes_back_twice(market: TestMarket) -> None:
    class LosingAnswers(Gateway):
        def refund(self, payment_intent_id: str, amount_cents: int, key: UUID) -> RefundAnswer:
            super().refund(payment_intent_id, amount_cents, key)
            raise StripeUnavailableError

        def reverse(self, stripe_transfer_id: str, amount_cents: int, key: UUID) -> str:
            super().reverse(stripe_transfer_id, amount_cents, key)
            raise StripeUnavailableError

    losing = LosingAnswers(market.settings)
    order_id = market.delivered_order((market.offer(), 1))
    work(market)
    refund(market, order_id)
    refund_sending.send(market.database, losing, market.clock())
    assert the(market, "refunds")["status"] == "sending"
    market.clock.advance(minutes=1)
    refund_sending.send(market.database, market.gateway, market.clock())
    reversals.send(market.database, losing, market.clock())
    market.clock.advance(minutes=1)
    work(market)
    assert len(refunded_at_stripe(market, order_id)) == 1
    assert the(market, "transfer_reversals")["reversed_cents"] > 0
    demand_sound(market)


@pytest.mark.parametrize("fault", ["error_500_saved", "error_500_after_commit"])
def test_a_failure_that_stripe_keeps_under_the_key_is_not_repeated_for_ever(
    market: TestMarket, fault: str
) -> None:
    order_id = market.paid_order((market.offer(), 1))
    refund(market, order_id)
    at_stripe(
        market,
        "POST",
        "faults",
        [{"fault": fault, "match": {"method": "POST", "path": "/v1/refunds"}}],
    )
    refund_sending.send(market.database, market.gateway, market.clock())
    market.clock.advance(minutes=1)
    work(market)
    assert the(market, "refunds")["status"] == "succeeded"
    assert len(refunded_at_stripe(market, order_id)) == 1
    demand_sound(market)


def test_what_stripe_refuses_was_never_given_back(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(price_cents=1_000), 1))
    market.gateway._client.v1.refunds.create(
        {"payment_intent": intent_of(market, order_id), "amount": 1_400}
    )
    refund(market, order_id)
    work(market)
    row = the(market, "refunds")
    assert (row["status"], row["booked_at"]) == ("failed", None)
    assert the(market, "orders")["refunded_cents"] == 0
    assert the(market, "vendor_orders")["vendor_refunded_cents"] == 0
    demand_sound(market)
    with pytest.raises(refund_outcomes.RefundNotRepeatableError):
        repeat(market, row["refund_id"])


def repeat(market: TestMarket, refund_id: int) -> None:
    with market.database.transaction() as connection:
        refund_outcomes.repeat(connection, refund_id, market.clock())


def test_a_refund_that_nobody_here_asked_for_is_set_before_an_operator(
    market: TestMarket,
) -> None:
    order_id = market.paid_order((market.offer(), 1))
    made = market.gateway._client.v1.refunds.create({"payment_intent": intent_of(market, order_id)})
    with pytest.raises(refund_sending.RefundForeignError):
        refund_sending.learn(market.database, market.gateway, made.id, market.clock())


def answered(market: TestMarket, state: Any) -> RefundAnswer:
    """What Stripe could say of the market's only refund."""
    row = the(market, "refunds")
    return RefundAnswer(row["stripe_refund_id"] or "re_1", state, row["amount_cents"], None, None)


def settle(market: TestMarket, state: str) -> None:
    with market.database.transaction() as connection:
        refund_id = the(market, "refunds")["refund_id"]
        refund_outcomes.settle(connection, refund_id, answered(market, state), market.clock())


def test_a_refund_that_the_bank_returns_is_kept_for_the_shopper_and_sent_again(
    market: TestMarket,
) -> None:
    order_id = market.order((market.offer(), 1))
    market.pay(order_id, "pm_card_refundFail")
    refund_id = refund(market, order_id)
    work(market)
    assert the(market, "refunds")["status"] == "succeeded", "so it seems at first"
    at_stripe(market, "POST", "clock", {"advance_seconds": 601})
    first = the(market, "refunds")["stripe_refund_id"]
    refund_sending.learn(market.database, market.gateway, first, market.clock())
    assert balance(market, "unmatched_payments") == -2_489
    demand_sound(market)
    repeat(market, refund_id)
    work(market)
    assert the(market, "refunds")["status"] == "succeeded"
    assert balance(market, "unmatched_payments") == 0
    assert balance(market, "stripe_balance") == 0
    refund_sending.learn(market.database, market.gateway, first, market.clock())
    assert the(market, "refunds")["status"] == "succeeded", "what became of the first is old news"
    demand_sound(market)


def test_answers_in_any_order_and_number_book_a_refund_once(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    market.pay(order_id, "pm_card_pendingRefund")
    refund(market, order_id)
    work(market)
    assert the(market, "refunds")["status"] == "pending"
    for state in ("succeeded", "pending", "succeeded"):
        settle(market, state)
    assert the(market, "refunds")["status"] == "succeeded"
    assert market.value("select count(*) from journals where kind = 'refund'") == 1
    demand_sound(market)


def test_a_worker_that_slept_through_its_lease_refuses_nothing(market: TestMarket) -> None:
    refund(market, market.paid_order((market.offer(), 1)))
    with market.database.transaction() as connection:
        (slept,) = connection.execute(
            refund_sending.statement("claim_refunds"),
            {"now": market.clock(), "limit": 9, "lease_expires_at": market.clock()},
        ).fetchall()
    work(market)
    refusal = refund_sending.StripeRefusedError("no")
    refund_sending._refuse(market.database, slept, refusal, market.clock())
    assert the(market, "refunds")["status"] == "succeeded"
