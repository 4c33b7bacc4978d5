"""Disputes: the shopper's bank takes a charge back, asks for evidence, and decides.

A chargeback withdraws the charge and a fee at once; winning brings both back. An inquiry withdraws
nothing unless it is escalated. What the platform answers is in dispute_answers.py.
"""

from contextlib import suppress
from typing import Final, Literal

from msgspec import Struct

from rynek.local.stripe import balances, payment_methods
from rynek.local.stripe.agenda import drop, plan
from rynek.local.stripe.events import emit
from rynek.local.stripe.evidence import EVIDENCE
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import equal, listed
from rynek.local.stripe.parameters import Nothing, Page, positive, read
from rynek.local.stripe.refusals import Json, Refusal, missing
from rynek.local.stripe.store import Books, Record

FEE_CENTS: Final = 1500
DAY_S: Final = 86_400
ANSWER_WITHIN_S: Final = 9 * DAY_S
INQUIRY_CLOSES_AFTER_S: Final = 120 * DAY_S
WITHDRAWN: Final = frozenset({"needs_response", "under_review", "lost"})
"""The statuses in which the bank has the money."""
OPEN: Final = frozenset(
    {"warning_needs_response", "warning_under_review", "needs_response", "under_review"}
)


class Opening(Struct, forbid_unknown_fields=True):
    """A dispute on order: of all that is not refunded, if no amount is given."""

    charge: str
    amount: int | None = None
    reason: str = "fraudulent"
    is_inquiry: bool = False


class Verdict(Struct, forbid_unknown_fields=True):
    """What the bank decides, as a control route orders it."""

    outcome: Literal["won", "lost"]


class DisputePage(Page, forbid_unknown_fields=True):
    """Filters of the dispute list."""

    charge: str | None = None
    payment_intent: str | None = None


def ordered(call: Call) -> Answer:
    """The shopper disputes a charge because a control route says so."""
    wanted = read(Opening, call.form)
    charge = call.books.find("charge", wanted.charge)
    if charge is None:
        raise missing("charge", wanted.charge, param="charge")
    return ok(opened(call, charge, wanted).body)


def dispute(call: Call, charge: Record) -> None:
    """The shopper with a disputing test card does what the card is for, where that can still be."""
    card = payment_methods.card_charged(call, charge.body)
    with suppress(Refusal):  # disputed otherwise by now, or given back
        opened(call, charge, Opening(charge.id, None, str(card.dispute), card.is_inquiry))


def opened(call: Call, charge: Record, wanted: Opening) -> Record:
    """A new dispute of the charge. Refuses one with another open, or nothing left to dispute."""
    cents = disputable(call.books, charge.body, wanted.amount)
    record = call.books.add(dispute_of(call, wanted, charge.body, cents))
    charge.body["disputed"] = True
    call.books.keep(charge)
    emit(call, "charge.dispute.created", record.body)
    if wanted.is_inquiry:
        plan(call, "answer to a dispute is due", record.id, call.now + INQUIRY_CLOSES_AFTER_S)
    else:
        withdraw(call, record)
    return record


def disputable(books: Books, charge: Json, wanted_cents: int | None) -> int:
    left_cents = charge["amount"] - charge["amount_refunded"]
    if charge["status"] != "succeeded" or any(
        record.body["status"] in OPEN for record in of_charge(books, charge["id"])
    ):
        raise Refusal(f"Charge {charge['id']} cannot be disputed now.", param="charge")
    cents = left_cents if wanted_cents is None else positive(wanted_cents, param="amount")
    if not 0 < cents <= left_cents:
        raise Refusal(f"{left_cents} are left of {charge['id']} to dispute.", param="amount")
    return int(cents)


def withdraw(call: Call, record: Record) -> None:
    """The bank takes the money and Stripe its fee; an answer is due."""
    transact(call, record, -1)
    due_by = call.now + ANSWER_WITHIN_S
    record.body |= {"status": "needs_response", "is_charge_refundable": False}
    record.body["evidence_details"]["due_by"] = due_by
    call.books.keep(record)
    drop(call, record.id)
    plan(call, "answer to a dispute is due", record.id, due_by)
    emit(call, "charge.dispute.funds_withdrawn", record.body)


def transact(call: Call, record: Record, sign: Literal[-1, 1]) -> None:
    """Book the disputed money and the fee, away from the platform (-1) or back to it (1)."""
    transaction = balances.book(
        call.books,
        source=record.body,
        kind="adjustment",
        amount_cents=sign * record.body["amount"],
        fee_cents=-sign * FEE_CENTS,
        fee_for="Dispute fee",
        category="dispute" if sign < 0 else "dispute_reversal",
        now=call.now,
        available_on=call.now,
    )
    record.body["balance_transactions"].append(transaction)


def decided(call: Call) -> Answer:
    """The bank decides because a control route says so."""
    wanted = read(Verdict, call.form)
    record = dispute_in(call)
    if record.body["status"] not in OPEN:
        raise Refusal(f"The dispute is {record.body['status']} already.")
    close(call, record, wanted.outcome)
    return ok(record.body)


def close(call: Call, record: Record, outcome: Literal["won", "lost"]) -> None:
    """The dispute ends. Won money comes back with the fee; of an inquiry nothing was taken."""
    is_inquiry = record.body["status"].startswith("warning")
    record.body["status"] = "warning_closed" if is_inquiry else outcome
    if record.body["status"] == "won":
        transact(call, record, 1)
        record.body["is_charge_refundable"] = True
    call.books.keep(record)
    drop(call, record.id)
    if record.body["status"] == "won":
        emit(call, "charge.dispute.funds_reinstated", record.body)
    emit(call, "charge.dispute.closed", record.body)


def lapse(call: Call, record: Record) -> None:
    """Nobody answered in time."""
    if record.body["status"] in ("needs_response", "warning_needs_response"):
        record.body["evidence_details"]["past_due"] = True
        close(call, record, "lost")


def judge(call: Call, record: Record) -> None:
    """The bank decides by the evidence that is for that in Stripe's test mode."""
    text = record.body["evidence"]["uncategorized_text"]
    if record.body["status"] == "warning_under_review" and text == "escalate_inquiry_evidence":
        withdraw(call, record)
    elif record.body["status"] in OPEN:
        close(call, record, "won" if text == "winning_evidence" else "lost")


def is_withdrawn(books: Books, charge_id: str) -> bool:
    """Whether a bank has taken the charge back."""
    return any(record.body["status"] in WITHDRAWN for record in of_charge(books, charge_id))


def of_charge(books: Books, charge_id: str) -> list[Record]:
    return books.select("dispute", "body ->> '$.charge' = ?", (charge_id,), "order by seq")


def dispute_of(call: Call, wanted: Opening, charge: Json, cents: int) -> Json:
    card = payment_methods.card_charged(call, charge)
    case_type = "inquiry" if wanted.is_inquiry else "chargeback"
    return {
        "id": mint("du_1"),
        "object": "dispute",
        "amount": cents,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": call.now + INQUIRY_CLOSES_AFTER_S,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": wanted.is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {"brand": card.brand, "case_type": case_type, "network": card.brand},
            "type": "card",
        },
        "reason": wanted.reason,
        "status": "warning_needs_response" if wanted.is_inquiry else "needs_response",
    }


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(dispute_in(call).body)


def list_disputes(call: Call) -> Answer:
    page = read(DisputePage, call.form)
    filters = [*equal("charge", page.charge), *equal("payment_intent", page.payment_intent)]
    return listed(call, "dispute", page, filters)


def dispute_in(call: Call) -> Record:
    return call.find("dispute", "dispute", call.path["id"])
