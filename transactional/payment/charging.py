"""The call to Stripe that a try to pay stands for: made under its key, or asked about once the key
no longer helps.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from transactional import gaps
from transactional.gateway import (
    KEYS_LAST,
    Charge,
    Gateway,
    StripeFailureKeptError,
    StripeKeyMisusedError,
    StripeRefusedError,
    StripeUnavailableError,
)
from transactional.payment.attempts import Attempt
from transactional.payment.intents import Intent

# What a repeated call did not answer within a minute is asked for instead.
REPEATS_HELP = timedelta(minutes=1)


class PaymentUnheardError(StripeRefusedError):
    """Stripe knows nothing of this try to pay, and it is given up; try again with a new key."""

    code = "payment_unheard"


@dataclass(frozen=True, slots=True)
class Begun:
    """A try to pay that is written down, and the currency it is to be paid in."""

    attempt: Attempt
    currency: str


def ask_for_money(gateway: Gateway, begun: Begun, now: datetime) -> Intent:
    """Stripe's answer to the try. Raises StripeUnavailableError while nobody knows it,
    StripeRefusedError, and PaymentUnheardError where Stripe does not seem to have taken it up.
    """
    attempt = begun.attempt
    if now - attempt.started_at > KEYS_LAST:
        return _recall(gateway, attempt)
    try:
        return _call(gateway, begun)
    except (StripeKeyMisusedError, StripeFailureKeptError):
        return _recall(gateway, attempt)
    except StripeUnavailableError:
        if now - attempt.started_at <= REPEATS_HELP:
            raise
        return _recall(gateway, attempt)


def _call(gateway: Gateway, begun: Begun) -> Intent:
    attempt = begun.attempt
    gaps.reach("hold_committed")
    if attempt.payment_intent_id is not None:
        intent = gateway.confirm(attempt.payment_intent_id, attempt.payment_method, attempt.key)
        gaps.reach("confirmed_answer_lost")
        return intent
    charge = Charge(attempt.order_id, attempt.amount_cents, begun.currency, attempt.payment_method)
    intent = gateway.charge(charge, attempt.key)
    gaps.reach("intent_created_row_not_updated")
    return intent


def _recall(gateway: Gateway, attempt: Attempt) -> Intent:
    if attempt.payment_intent_id is not None:
        return gateway.ask(attempt.payment_intent_id)
    try:
        return gateway.find(attempt.key, attempt.started_at)
    except StripeRefusedError as refusal:
        raise PaymentUnheardError from refusal
