"""Charges: one attempt to take money from a card, succeeded or failed."""

from typing import Final

from rynek.local.stripe import balances
from rynek.local.stripe.agenda import plan
from rynek.local.stripe.cards import Card, Decline
from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import equal, listed
from rynek.local.stripe.parameters import Nothing, Page, read
from rynek.local.stripe.payment_methods import NO_BILLING_DETAILS, details_of
from rynek.local.stripe.refusals import Json

APPROVED: Final[Json] = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "risk_score": 12,
    "seller_message": "Payment complete.",
    "type": "authorized",
}


class ChargePage(Page, forbid_unknown_fields=True):
    """Filters of the charge list."""

    payment_intent: str | None = None
    transfer_group: str | None = None


def capture(call: Call, intent: Json, card: Card, *, is_authenticated: bool) -> Json:
    """Take the intent's amount: a succeeded charge with its balance transaction."""
    charge = charge_of(intent, card, call.now, is_authenticated=is_authenticated)
    transaction = balances.book(
        call.books,
        source=charge,
        kind="charge",
        amount_cents=charge["amount"],
        fee_cents=balances.processing_fee(charge["amount"]),
        now=call.now,
        available_on=call.now
        if card.is_available_at_once
        else call.now + balances.AVAILABLE_AFTER_S,
    )
    charge["balance_transaction"] = transaction["id"]
    call.books.add(charge)
    emit(call, "charge.succeeded", charge)
    if card.dispute is not None:
        plan(call, "shopper disputes", charge["id"], call.now)
    return charge


def fail(call: Call, intent: Json, card: Card, decline: Decline, *, is_authenticated: bool) -> Json:
    """The bank said no: a failed charge that moved no money."""
    charge = charge_of(intent, card, call.now, is_authenticated=is_authenticated) | {
        "amount_captured": 0,
        "captured": False,
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": APPROVED
        | {
            "network_status": "declined_by_network",
            "reason": decline.decline_code or decline.code,
            "seller_message": "The bank did not approve the payment.",
            "type": "issuer_declined",
        },
        "paid": False,
        "status": "failed",
    }
    call.books.add(charge)
    emit(call, "charge.failed", charge)
    return charge


def charge_of(intent: Json, card: Card, now: int, *, is_authenticated: bool) -> Json:
    """A succeeded charge for the whole amount of a PaymentIntent, not yet filed."""
    copied = (
        "customer",
        "description",
        "metadata",
        "payment_method",
        "receipt_email",
        "transfer_group",
    )
    return blank(mint("ch_3"), intent, now) | {
        **{name: intent[name] for name in copied},
        "outcome": APPROVED,
        "payment_intent": intent["id"],
        "payment_method_details": details_of(card, is_authenticated=is_authenticated),
    }


def payment_of(transfer: Json, now: int) -> Json:
    """What the destination of a transfer sees: a payment from the platform."""
    return blank(mint("py_1"), transfer, now) | {
        "payment_method_details": {"type": "stripe_account", "stripe_account": {}},
        "source_transfer": transfer["id"],
        "transfer_group": transfer["transfer_group"],
    }


def blank(charge_id: str, source: Json, now: int) -> Json:
    """A succeeded charge for the amount of `source`, with nothing else known about it."""
    return {
        "id": charge_id,
        "object": "charge",
        "amount": source["amount"],
        "amount_captured": source["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": NO_BILLING_DETAILS,
        "calculated_statement_descriptor": None,
        "captured": True,
        "created": now,
        "currency": source["currency"],
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": None,
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "payment_method_details": None,
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(call.find("charge", "charge", call.path["id"]).body)


def list_charges(call: Call) -> Answer:
    page = read(ChargePage, call.form)
    filters = [
        *equal("payment_intent", page.payment_intent),
        *equal("transfer_group", page.transfer_group),
    ]
    return listed(call, "charge", page, filters)
