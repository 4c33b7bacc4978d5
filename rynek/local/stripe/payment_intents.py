"""PaymentIntents: create, update, confirm, authenticate, cancel.

Statuses and their moves are in moves.py. A declined card is an outcome, not a refusal: the failed
attempt is on file, and the answer is 402 with the PaymentIntent inside.
"""

from typing import Final

from rynek.local.stripe import charges, payment_methods
from rynek.local.stripe.cards import (
    AUTHENTICATION_FAILED,
    AUTHENTICATION_REQUIRED,
    Card,
    Decline,
)
from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import letters, mint
from rynek.local.stripe.intent_parameters import (
    Cancellation,
    Confirmation,
    CreateIntent,
    UpdateIntent,
    confirmation_in,
    require_payable,
    require_return_url,
)
from rynek.local.stripe.listing import listed
from rynek.local.stripe.moves import require, unexpected_state
from rynek.local.stripe.parameters import Nothing, Page, currency_code, merged, read
from rynek.local.stripe.refusals import Json
from rynek.local.stripe.store import Record

SECRET_LETTERS: Final = 25
NEEDS_NEW_CONFIRMATION: Final = ("amount", "currency", "payment_method")
"""A change of these takes back a confirmation that waits for the shopper."""


def create(call: Call) -> Answer:
    wanted = read(CreateIntent, call.form)
    wanted.currency = currency_code(wanted.currency)
    require_payable(wanted.amount, wanted.currency)
    confirmation = confirmation_in(wanted)
    record = call.books.add(intent_of(wanted, call.now))
    if wanted.payment_method is not None:
        attach(call, record.body, wanted.payment_method)
        call.books.keep(record)
    emit(call, "payment_intent.created", record.body)
    return confirmed(call, record, confirmation) if confirmation else ok(record.body)


def update(call: Call) -> Answer:
    wanted = read(UpdateIntent, call.form)
    record = intent_in(call)
    intent = record.body
    require("update", intent)
    for name in ("amount", "currency", "description", "receipt_email", "transfer_group"):
        if getattr(wanted, name) is not None:
            intent[name] = getattr(wanted, name) or None
    intent["currency"] = currency_code(intent["currency"])
    require_payable(intent["amount"], intent["currency"])
    intent["metadata"] = merged(intent["metadata"], wanted.metadata)
    if wanted.payment_method is not None:
        attach(call, intent, wanted.payment_method)
    elif intent["status"] == "requires_action" and call.form.keys() & {*NEEDS_NEW_CONFIRMATION}:
        intent |= {"status": "requires_confirmation", "next_action": None}
    call.books.keep(record)
    return ok(intent)


def confirm(call: Call) -> Answer:
    confirmation = read(Confirmation, call.form)
    return confirmed(call, intent_in(call), confirmation)


def confirmed(call: Call, record: Record, confirmation: Confirmation) -> Answer:
    """Try to take the money: succeeded, waiting for the shopper, or declined."""
    intent = record.body
    require("confirm", intent)
    require_return_url(intent, confirmation)
    if confirmation.payment_method is not None:
        attach(call, intent, confirmation.payment_method)
    intent["receipt_email"] = confirmation.receipt_email or intent["receipt_email"]
    card = card_of(call, intent)
    record.hidden["return_url"] = confirmation.return_url
    if not card.is_challenged:
        return settled(call, record, card, is_authenticated=False)
    if confirmation.off_session or confirmation.error_on_requires_action:
        return declined(call, record, AUTHENTICATION_REQUIRED)
    return challenged(call, record)


def authenticate(call: Call, *, is_passed: bool) -> Answer:
    """The shopper answered the bank's challenge (stand-in only)."""
    record = intent_in(call)
    require("authenticate", record.body)
    if not is_passed:
        return declined(call, record, AUTHENTICATION_FAILED)
    return settled(call, record, card_of(call, record.body), is_authenticated=True)


def cancel(call: Call) -> Answer:
    wanted = read(Cancellation, call.form)
    record = intent_in(call)
    require("cancel", record.body)
    record.body |= {
        "status": "canceled",
        "canceled_at": call.now,
        "cancellation_reason": wanted.cancellation_reason,
        "next_action": None,
    }
    call.books.keep(record)
    emit(call, "payment_intent.canceled", record.body)
    return ok(record.body)


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(intent_in(call).body)


def list_intents(call: Call) -> Answer:
    return listed(call, "payment_intent", read(Page, call.form))


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


def intent_in(call: Call) -> Record:
    return call.find("payment_intent", "payment_intent", call.path["id"])


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


def intent_of(wanted: CreateIntent, now: int) -> Json:
    intent_id = mint("pi_3")
    methods = wanted.automatic_payment_methods
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": wanted.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {
            "allow_redirects": methods.allow_redirects,
            "enabled": methods.enabled,
        },
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": wanted.capture_method,
        "client_secret": f"{intent_id}_secret_{letters(SECRET_LETTERS)}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": wanted.currency,
        "customer": None,
        "description": wanted.description,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": merged({}, wanted.metadata),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": wanted.receipt_email,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": wanted.transfer_group,
    }
