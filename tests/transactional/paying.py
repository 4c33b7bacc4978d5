"""Ways to pay in tests: begun, answered late, or found by recovery."""

from tests.rynek.local.stripe.standins import Standin
from tests.transactional.market import CHALLENGED_CARD, GOOD_CARD, TestMarket
from transactional.database import Row
from transactional.gateway import Gateway, StripeUnavailableError
from transactional.ordering import expiry
from transactional.payment import payments, recovery
from transactional.payment.charging import Begun
from transactional.payment.intents import Intent
from transactional.settlement import refund_sending


class LosingAnswers(Gateway):
    """Stripe does what it is asked, and the answer is lost on the way."""

    def charge(self, *asked: object) -> Intent:
        super().charge(*asked)  # type: ignore[arg-type]  # passed through as it came
        raise StripeUnavailableError


def begin(market: TestMarket, order_id: int, card: str = GOOD_CARD) -> Begun:
    with market.database.transaction() as connection:
        begun = payments.begin(connection, order_id, card, market.clock())
    assert begun is not None
    return begun


def recover(market: TestMarket) -> int:
    market.clock.advance(seconds=31)
    return recovery.recover(market.database, market.gateway, market.clock())


def sales(market: TestMarket) -> int:
    return int(market.value("select count(*) from journals where kind = 'sale'"))


def captures(market: TestMarket) -> int:
    """How many of this market's attempts took money at Stripe."""
    tries = market.rows("select idempotency_key from payment_attempts")
    keys = {str(row["idempotency_key"]) for row in tries}
    intents = market.gateway._client.v1.payment_intents.list({"limit": 100})
    return sum(
        intent.status == "succeeded" and intent.metadata.to_dict().get("attempt_key") in keys
        for intent in intents.auto_paging_iter()
    )


def challenged(market: TestMarket, offer: int) -> tuple[int, str]:
    """An order whose shopper sees the bank's challenge, and its PaymentIntent."""
    order_id = market.order((offer, 1))
    intent = market.pay(order_id, CHALLENGED_CARD)
    assert intent is not None
    return order_id, intent.payment_intent_id


def challenged_then_lapsed(market: TestMarket, standin: Standin, offer: int) -> int:
    """An order whose shopper passed the challenge just as the hold lapsed."""
    order_id, intent_id = challenged(market, offer)
    lapse(market)
    standin.authenticate(intent_id)
    return order_id


def lapse(market: TestMarket) -> None:
    market.clock.advance(minutes=16)
    expiry.sweep(market.database, market.clock())


def payments_of(market: TestMarket, order_id: int) -> list[Row]:
    """Generation, status and what the money ended in."""
    return market.rows(
        "select hold_generation, status, ended_in from payments where order_id = %s"
        " order by hold_generation",
        order_id,
    )


def kept_cents(market: TestMarket, order_id: int) -> int:
    """What Stripe has of the shopper's money for this order: captured, not given back."""
    refund_sending.send(market.database, market.gateway, market.clock())
    charges = market.gateway._client.v1.charges.list({"transfer_group": f"ord_{order_id}"})
    intents = {
        row["stripe_payment_intent_id"]
        for row in market.rows(
            "select stripe_payment_intent_id from payments where order_id = %s", order_id
        )
    }
    return sum(
        charge.amount_captured - charge.amount_refunded
        for charge in charges.auto_paging_iter()
        if charge.payment_intent in intents
    )
