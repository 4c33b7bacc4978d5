"""PaymentIntents: the shopper's money comes in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import stripe

from transactional.gateway.connection import (
    LISTED_AT_ONCE,
    Connection,
    StripeRefusedError,
    translated,
    under,
    window,
)
from transactional.payment import intents
from transactional.payment.intents import Intent


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be paid, and by which method."""

    order_id: int
    amount_cents: int
    currency: str
    payment_method: str


class PaymentCalls(Connection):
    def charge(self, charge: Charge, key: UUID) -> Intent:
        """Create and confirm a PaymentIntent; a declined card is an answer, not an error."""
        return self._answered(
            lambda: self._client.v1.payment_intents.create(
                {
                    "amount": charge.amount_cents,
                    "currency": charge.currency.lower(),
                    "payment_method": charge.payment_method,
                    "confirm": True,
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "transfer_group": f"ord_{charge.order_id}",
                    "metadata": {"order_id": f"ord_{charge.order_id}", "attempt_key": str(key)},
                },
                under(key),
            )
        )

    def confirm(self, payment_intent_id: str, payment_method: str, key: UUID) -> Intent:
        """Try again with another payment method."""
        return self._answered(
            lambda: self._client.v1.payment_intents.confirm(
                payment_intent_id, {"payment_method": payment_method}, under(key)
            )
        )

    def ask(self, payment_intent_id: str) -> Intent:
        """What Stripe says now."""
        return self._answered(lambda: self._client.v1.payment_intents.retrieve(payment_intent_id))

    def find(self, key: UUID, asked_at: datetime) -> Intent:
        """The PaymentIntent of a `charge` whose answer and key are lost.

        Raises StripeRefusedError where Stripe never heard of it.
        """
        with translated():
            listed = self._client.v1.payment_intents.list(
                {"created": window(asked_at), "limit": LISTED_AT_ONCE}
            )
            for intent in listed.auto_paging_iter():
                if intents.metadata(intent, "attempt_key") == str(key):
                    return intents.read(intent)
        raise StripeRefusedError("Stripe never heard of this payment; try again with a new key")

    def cancel(self, payment_intent_id: str) -> Intent:
        """Cancel, unless it is too late; either way, the state that Stripe is left with."""
        try:
            return self._answered(lambda: self._client.v1.payment_intents.cancel(payment_intent_id))
        except StripeRefusedError:
            return self.ask(payment_intent_id)

    def _answered(self, call: Callable[[], stripe.PaymentIntent]) -> Intent:
        with translated():
            try:
                return intents.read(call())
            except stripe.CardError as error:
                return _declined(error)


def _declined(error: stripe.CardError) -> Intent:
    """A decline carries its PaymentIntent, which now waits for another payment method.

    A card refused before there was one made none: raises StripeRefusedError.
    """
    body = error.json_body
    assert isinstance(body, dict), "a card error has Stripe's error body"
    intent = body["error"].get("payment_intent")
    if intent is None:
        raise StripeRefusedError(error.user_message, stripe_code=error.code) from error
    return intents.read(stripe.PaymentIntent.construct_from(intent, None))
