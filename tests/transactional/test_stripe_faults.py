"""Stripe's faults, ordered at the stand-in: whatever goes wrong, the shopper is charged once."""

from collections.abc import Iterator

import pytest

from rynek.local.stripe.control import Control
from rynek.local.stripe.faults import Kind
from tests.rynek.local.stripe.standins import KEY, Standin
from tests.transactional.market import CHALLENGED_CARD, DECLINED_CARD, GOOD_CARD, TestMarket
from tests.transactional.paying import begin, captures, challenged, lapse, recover, sales
from transactional.gateway import Charge, StripeRefusedError, StripeUnavailableError
from transactional.payment import payments
from transactional.payment.charging import PaymentUnheardError

# The SDK repeats a call itself; only what strikes all of its tries reaches the market.
EVERY_TRY = 3
CHARGE = "/v1/payment_intents"
CONFIRM = "/v1/payment_intents/*/confirm"
CANCEL = "/v1/payment_intents/*/cancel"
FAULTS: tuple[Kind, ...] = (
    "fail_before_commit",
    "answer_lost",
    "error_500_saved",
    "error_500_after_commit",
    "rate_limited",
)


@pytest.fixture
def control(standin: Standin) -> Iterator[Control]:
    with Control(standin.url, KEY) as control:
        yield control
        control.clear()


def pay(market: TestMarket, order_id: int, card: str = GOOD_CARD) -> None:
    """Try to pay as a shopper does who sees only that something went wrong."""
    begun = begin(market, order_id, card)
    try:
        payments.finish(market.database, market.gateway, begun, market.clock())
    except (StripeUnavailableError, StripeRefusedError):
        return


@pytest.mark.parametrize("fault", FAULTS)
def test_a_charge_that_meets_a_fault_is_made_once(
    market: TestMarket, control: Control, fault: Kind
) -> None:
    order_id = market.order((market.offer(units=1), 1))
    control.fault(fault, path=CHARGE, times=EVERY_TRY, seconds=0)
    pay(market, order_id)
    control.clear()
    recover(market)
    if market.status(order_id) != "paid":
        assert fault == "error_500_saved", "only here Stripe has answered for good, with nothing"
        market.pay(order_id)
    assert (market.status(order_id), captures(market), sales(market)) == ("paid", 1, 1)
    assert market.value("select count(*) from payment_attempts where status = 'started'") == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_confirmation_that_meets_a_fault_is_made_once(
    market: TestMarket, control: Control, fault: Kind
) -> None:
    order_id = market.order((market.offer(units=1), 1))
    market.pay(order_id, DECLINED_CARD)
    control.fault(fault, path=CONFIRM, times=EVERY_TRY, seconds=0)
    pay(market, order_id)
    control.clear()
    recover(market)
    if market.status(order_id) != "paid":
        market.pay(order_id)
    assert (market.status(order_id), captures(market), sales(market)) == ("paid", 1, 1)
    assert market.value("select count(*) from payments") == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cancellation_that_meets_a_fault_is_repeated_until_stripe_confirms_it(
    market: TestMarket, control: Control, fault: Kind
) -> None:
    _, intent_id = challenged(market, market.offer(units=1))
    lapse(market)
    control.fault(fault, path=CANCEL, times=EVERY_TRY, seconds=0)
    recover(market)
    control.clear()
    recover(market)
    assert market.gateway.ask(intent_id).status == "cancelled"
    assert market.value("select status from payments") == "cancelled"


def test_a_try_that_stripe_took_up_after_we_had_given_it_up_pays_its_order(
    market: TestMarket, control: Control
) -> None:
    order_id = market.order((market.offer(units=1), 1))
    control.fault("fail_before_commit", path=CHARGE, times=EVERY_TRY)
    begun = begin(market, order_id)
    with pytest.raises(StripeUnavailableError):
        payments.finish(market.database, market.gateway, begun, market.clock())
    control.fault("fail_before_commit", path=CHARGE, times=EVERY_TRY)
    market.clock.advance(seconds=61)
    with pytest.raises(PaymentUnheardError):
        payments.finish(market.database, market.gateway, begun, market.clock())
    assert market.value("select status from payments") == "failed"
    late = market.gateway.charge(
        Charge(order_id, begun.attempt.amount_cents, "USD", GOOD_CARD),
        begun.attempt.key,
    )
    with market.database.transaction() as connection:
        payments.settle(connection, begun.attempt.payment_id, late, market.clock())
    assert (market.status(order_id), sales(market)) == ("paid", 1)


def test_after_a_try_that_was_given_up_the_next_is_another_payment(
    market: TestMarket, control: Control
) -> None:
    order_id = market.order((market.offer(units=1), 1))
    control.fault("error_500_saved", path=CHARGE)
    pay(market, order_id)
    market.pay(order_id, CHALLENGED_CARD)
    assert [
        tuple(row.values())
        for row in market.rows(
            "select hold_generation, status from payments order by hold_generation"
        )
    ] == [(1, "failed"), (2, "requires_action")]
