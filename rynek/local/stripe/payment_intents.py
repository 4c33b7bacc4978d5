"""PaymentIntents: create, update, confirm, authenticate, cancel.

Statuses and their moves are in moves.py. A declined card is an outcome, not a refusal: the failed
attempt is on file, and the answer is 402 with the PaymentIntent inside.
"""

from typing import Final

from rynek.local.stripe.cards import AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED
from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.intent_parameters import (
    Cancellation,
    Confirmation,
    CreateIntent,
    UpdateIntent,
    confirmation_in,
    intent_of,
    require_payable,
    require_return_url,
)
from rynek.local.stripe.listing import listed
from rynek.local.stripe.moves import require
from rynek.local.stripe.parameters import Nothing, Page, currency_code, merged, read
from rynek.local.stripe.payment_attempts import (
    attach,
    card_of,
    challenged,
    declined,
    settled,
)
from rynek.local.stripe.store import Record

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


def intent_in(call: Call) -> Record:
    return call.find("payment_intent", "payment_intent", call.path["id"])
