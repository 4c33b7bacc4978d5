"""Attempts to pay a PaymentIntent: what the bank says, and what the shopper must do.

Each outcome is filed with its events before the answer: succeeded, waiting for the shopper, or
declined with the reason.
"""

from rynek.local.stripe import charges, payment_methods
from rynek.local.stripe.cards import Card, Decline
from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.moves import unexpected_state
from rynek.local.stripe.refusals import Json
from rynek.local.stripe.store import Record


def attach(call: Call, intent: Json, token: str) -> None:
    """Give the intent a payment method; it then waits to be confirmed with it."""
    intent |= {
        "payment_method": payment_methods.present(call, token).id,
        "status": "requires_confirmation",
        "next_action": None,
    }


def card_of(call: Call, intent: Json) -> Card:
    if intent["payment_method"] is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it is missing a payment method.", intent
        )
    return payment_methods.card_behind(payment_methods.present(call, intent["payment_method"]))


def settled(call: Call, record: Record, card: Card, *, is_authenticated: bool) -> Answer:
    """Ask the bank. It approves, or the attempt fails with its reason."""
    intent = record.body
    if card.decline is not None:
        charge = charges.fail(call, intent, card, card.decline, is_authenticated=is_authenticated)
        return declined(call, record, card.decline, charge)
    charge = charges.capture(call, intent, card, is_authenticated=is_authenticated)
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
    }
    call.books.keep(record)
    emit(call, "payment_intent.succeeded", intent)
    return ok(intent)


def challenged(call: Call, record: Record) -> Answer:
    record.body |= {
        "status": "requires_action",
        "last_payment_error": None,
        "next_action": next_action(call, record),
    }
    call.books.keep(record)
    emit(call, "payment_intent.requires_action", record.body)
    return ok(record.body)


def declined(call: Call, record: Record, decline: Decline, charge: Json | None = None) -> Answer:
    """File the failed attempt; the shopper may try again with another payment method."""
    error = error_of(call, record.body, decline, charge)
    record.body |= {
        "status": "requires_payment_method",
        "last_payment_error": error,
        "latest_charge": charge["id"] if charge else record.body["latest_charge"],
        "next_action": None,
        "payment_method": None,
    }
    call.books.keep(record)
    emit(call, "payment_intent.payment_failed", record.body)
    return Answer(402, {"error": error | {"payment_intent": record.body}})


def error_of(call: Call, intent: Json, decline: Decline, charge: Json | None) -> Json:
    method = call.books.find("payment_method", intent["payment_method"])
    known = {
        "charge": charge["id"] if charge else None,
        "code": decline.code,
        "decline_code": decline.decline_code,
        "message": decline.message,
        "payment_method": method.body if method else None,
    }
    return {"type": "card_error"} | {name: value for name, value in known.items() if value}


def next_action(call: Call, record: Record) -> Json:
    """Where the shopper answers the challenge: by redirect, or inside Stripe's own script."""
    url = f"{call.base_url}/_standin/payment_intents/{record.id}/authenticate"
    return_url = record.hidden["return_url"]
    if return_url is None:
        script = {"type": "three_d_secure_redirect", "stripe_js": url}
        return {"type": "use_stripe_sdk", "use_stripe_sdk": script}
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": return_url, "url": url},
    }
