"""Refunds: money back to the shopper's card, from the platform's balance.

A refund takes back no transfer; transfer_reversals.py does. What becomes of it afterwards is in
refund_outcomes.py.
"""

from typing import Literal

from msgspec import Struct

from rynek.local.stripe import balances, disputes
from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import equal, listed
from rynek.local.stripe.parameters import Change, Nothing, Page, merged, positive, read
from rynek.local.stripe.refund_outcomes import count, pay_out, tell
from rynek.local.stripe.refusals import InvalidParameter, Json, Refusal, missing
from rynek.local.stripe.store import Record


class CreateRefund(Struct, forbid_unknown_fields=True):
    """What is given back of which payment; `amount` in minor units, all that is left if absent."""

    amount: int | None = None
    charge: str | None = None
    metadata: dict[str, str] | None = None
    payment_intent: str | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None
    refund_application_fee: bool = False
    reverse_transfer: bool = False


class RefundPage(Page, forbid_unknown_fields=True):
    """Filters of the refund list."""

    charge: str | None = None
    payment_intent: str | None = None


def create(call: Call) -> Answer:
    """Give back a charge, in part or whole, as often as something is left of it.

    Refuses a charge that did not succeed, is disputed or wholly refunded, and more than is left.
    """
    wanted = read(CreateRefund, call.form)
    charge = charge_in(call, wanted)
    refuse_foreign(charge.body, wanted)
    refund = refund_of(wanted, charge.body, refundable(call, charge.body, wanted.amount), call.now)
    balances.mature(call.books, call.now)
    count(charge.body, refund["amount"])
    pay_out(call, refund, charge.body)
    call.books.keep(charge)
    call.books.add(refund)
    emit(call, "refund.created", refund)
    emit(call, "charge.refunded", charge.body)
    return ok(refund)


def charge_in(call: Call, wanted: CreateRefund) -> Record:
    """The charge to be refunded: named, or the one that paid the PaymentIntent."""
    if (wanted.charge is None) == (wanted.payment_intent is None):
        raise InvalidParameter(
            "Give one of payment_intent and charge.", code="parameter_missing", param="charge"
        )
    charge_id = wanted.charge or charge_behind(call, str(wanted.payment_intent))
    charge = call.books.find("charge", charge_id)
    if charge is None:
        raise missing("charge", charge_id, param="charge")
    if charge.body["status"] != "succeeded":
        raise Refusal(f"The charge {charge_id} did not succeed.", param="charge")
    return charge


def charge_behind(call: Call, intent_id: str) -> str:
    intent = call.books.find("payment_intent", intent_id)
    if intent is None:
        raise missing("payment_intent", intent_id, param="payment_intent")
    if intent.body["status"] != "succeeded":
        raise Refusal(
            f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return str(intent.body["latest_charge"])


def refuse_foreign(charge: Json, wanted: CreateRefund) -> None:
    """A charge of the platform itself carries neither a transfer nor a fee to take back."""
    for name, what in (("reverse_transfer", "transfer"), ("refund_application_fee", "fee")):
        if getattr(wanted, name):
            raise Refusal(f"{charge['id']} has no associated {what}: drop {name}.", param=name)


def refundable(call: Call, charge: Json, wanted_cents: int | None) -> int:
    """How much of the charge is given back, checked against what is left of it."""
    left_cents = charge["amount"] - charge["amount_refunded"]
    if disputes.is_withdrawn(call.books, charge["id"]):
        raise Refusal(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if left_cents == 0:
        raise Refusal(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if wanted_cents is None:
        return int(left_cents)
    if positive(wanted_cents, param="amount") > left_cents:
        raise Refusal(
            f"Refund amount ({wanted_cents}) is greater than unrefunded amount on charge "
            f"({left_cents}).",
            param="amount",
        )
    return wanted_cents


def refund_of(wanted: CreateRefund, charge: Json, cents: int, now: int) -> Json:
    return blank(mint("re_3"), charge, cents, now) | {
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": merged({}, wanted.metadata),
        "reason": wanted.reason,
    }


def blank(refund_id: str, charge: Json, cents: int, now: int) -> Json:
    """A succeeded refund of a charge or payment, with nothing else known about it."""
    return {
        "id": refund_id,
        "object": "refund",
        "amount": cents,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(refund_in(call).body)


def update(call: Call) -> Answer:
    """Only metadata can change."""
    wanted = read(Change, call.form)
    record = refund_in(call)
    record.body["metadata"] = merged(record.body["metadata"], wanted.metadata)
    call.books.keep(record)
    tell(call, record.body, "refund.updated", "charge.refund.updated")
    return ok(record.body)


def cancel(call: Call) -> Answer:
    """Stripe cancels only refunds that wait for the shopper; a card's never do."""
    read(Nothing, call.form)
    refund = refund_in(call).body
    raise Refusal(
        f"You cannot cancel refund {refund['id']} because it has a status of {refund['status']}; "
        "only one that requires_action can be canceled."
    )


def list_refunds(call: Call) -> Answer:
    page = read(RefundPage, call.form)
    filters = [*equal("charge", page.charge), *equal("payment_intent", page.payment_intent)]
    return listed(call, "refund", page, filters)


def refund_in(call: Call) -> Record:
    return call.find("refund", "refund", call.path["id"])
