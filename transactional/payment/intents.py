"""What Stripe says about a PaymentIntent, in our words."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import stripe

from transactional.errors import MarketError

IntentStatus = Literal[
    "requires_payment", "requires_action", "processing", "succeeded", "cancelled"
]
# Ours beside Stripe's: one word for 'needs a (new) payment method', British spelling for the end.
STATUS: dict[str, IntentStatus] = {
    "requires_payment_method": "requires_payment",
    "requires_confirmation": "requires_payment",
    "requires_action": "requires_action",
    "processing": "processing",
    "succeeded": "succeeded",
    "canceled": "cancelled",
}


class UnexpectedIntentError(MarketError):
    """Stripe's PaymentIntent is in a state that this market never asks for."""

    code = "payment_intent_unexpected"


@dataclass(frozen=True, slots=True)
class Intent:
    """What Stripe says about a PaymentIntent, in our words."""

    payment_intent_id: str
    status: IntentStatus
    amount_cents: int
    currency: str
    attempt_key: UUID | None
    charge_id: str | None = None
    client_secret: str | None = None
    next_action: dict[str, Any] | None = None
    failure_code: str | None = None


def read(intent: stripe.PaymentIntent) -> Intent:
    """Raises UnexpectedIntentError."""
    if intent.status not in STATUS:
        raise UnexpectedIntentError(status=intent.status)
    error = intent.last_payment_error.to_dict() if intent.last_payment_error else {}
    return Intent(
        payment_intent_id=intent.id,
        status=STATUS[intent.status],
        amount_cents=intent.amount,
        currency=intent.currency.upper(),
        attempt_key=_attempt_key(intent),
        charge_id=id_of(intent.latest_charge),
        client_secret=intent.client_secret,
        next_action=intent.next_action.to_dict() if intent.next_action else None,
        failure_code=error.get("decline_code") or error.get("code"),
    )


def _attempt_key(intent: stripe.PaymentIntent) -> UUID | None:
    """Which of our attempts created it: unique over installations, unlike a payment's number.

    None for what another application on the same Stripe account made.
    """
    try:
        return UUID(metadata(intent, "attempt_key") or "")
    except ValueError:
        return None


Described = stripe.PaymentIntent | stripe.Refund | stripe.Transfer | stripe.TransferReversal


def metadata(thing: Described, name: str) -> str | None:
    """What we wrote on a thing at Stripe, or someone before us."""
    return thing.metadata.to_dict().get(name) if thing.metadata else None


def id_of(thing: "str | stripe.StripeObject | None") -> str | None:
    """The id of what Stripe names by its id or shows whole."""
    return thing if thing is None or isinstance(thing, str) else str(thing["id"])
