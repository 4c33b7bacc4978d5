"""What becomes of a refund: the balance pays it or not yet, the bank takes it or not.

Stripe documents two answers to a balance that does not cover a refund: it debits the platform's
bank account, or holds the refund as pending. Here the bank covers it, so the balance may go below
zero, until the control route `/_standin/platform` says that it does not.
"""

from typing import Final

from rynek.local.stripe import balances, payment_methods
from rynek.local.stripe.agenda import plan
from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Call
from rynek.local.stripe.refusals import Json
from rynek.local.stripe.store import Record

OUTCOME_AFTER_S: Final = 600
"""When the bank of a `later` or `never` card says what became of a refund."""
RETRY_AFTER_S: Final = 3600
"""How often a refund that waits for the balance is tried again."""
IS_UNCOVERED: Final = "platform_does_not_cover_shortfalls"


def pay_out(call: Call, refund: Json, charge: Json) -> None:
    """Take the refund from the balance, or hold it until the balance covers it."""
    available_on = due_with(call, charge)
    if not is_covered(call, refund, available_on):
        refund |= {"status": "pending", "pending_reason": "insufficient_funds"}
        plan(call, "retry refund", refund["id"], call.now + RETRY_AFTER_S)
        return
    transaction = balances.book(
        call.books,
        source=refund,
        kind="refund",
        amount_cents=-refund["amount"],
        now=call.now,
        available_on=available_on,
    )
    refund.pop("pending_reason", None)
    refund |= {"balance_transaction": transaction["id"], "status": "succeeded"}
    await_bank(call, refund, charge)


def due_with(call: Call, charge: Json) -> int:
    """A refund of pending money is taken from the pending balance, together with its charge."""
    earned = call.books.find("balance_transaction", charge["balance_transaction"])
    assert earned is not None, "a succeeded charge has a balance transaction"
    return max(int(earned.body["available_on"]), call.now)


def is_covered(call: Call, refund: Json, available_on: int) -> bool:
    if not call.books.switch(IS_UNCOVERED):
        return True
    sums, currency = balances.funds(call.books), refund["currency"]
    usable_cents = sums["available"].get(currency, 0)
    if available_on > call.now:
        usable_cents += sums["pending"].get(currency, 0)
    return bool(usable_cents >= refund["amount"])


def await_bank(call: Call, refund: Json, charge: Json) -> None:
    """Cards whose bank answers later: pending until then, or succeeded only in appearance."""
    behaviour = payment_methods.card_charged(call, charge).refunds
    if behaviour == "at_once":
        return
    if behaviour == "later":
        refund |= {"status": "pending", "pending_reason": "processing"}
    task = "refund succeeds" if behaviour == "later" else "refund fails"
    plan(call, task, refund["id"], call.now + OUTCOME_AFTER_S)


def retry(call: Call, record: Record) -> None:
    """Try a refund again that waits for the balance."""
    if record.body.get("pending_reason") != "insufficient_funds":
        return
    charge = call.find("charge", "charge", record.body["charge"])
    balances.mature(call.books, call.now)
    pay_out(call, record.body, charge.body)
    call.books.keep(record)
    if record.body["balance_transaction"]:
        tell(call, record.body, "refund.updated", "charge.refund.updated")


def succeed(call: Call, record: Record) -> None:
    """The bank took the refund."""
    record.body["status"] = "succeeded"
    record.body.pop("pending_reason", None)
    call.books.keep(record)
    tell(call, record.body, "refund.updated", "charge.refund.updated")


def fail(call: Call, record: Record) -> None:
    """The bank sent the money back: the platform has it again, and owes it still."""
    refund = record.body
    returned = balances.book(
        call.books,
        source=refund,
        kind="refund_failure",
        amount_cents=refund["amount"],
        now=call.now,
        available_on=call.now,
    )
    refund |= {
        "status": "failed",
        "failure_reason": "lost_or_stolen_card",
        "failure_balance_transaction": returned["id"],
    }
    charge = call.find("charge", "charge", refund["charge"])
    count(charge.body, -refund["amount"])
    call.books.keep(charge)
    call.books.keep(record)
    tell(call, refund, "refund.updated", "charge.refund.updated", "refund.failed")


def count(charge: Json, cents: int) -> None:
    """Add to what was refunded of a charge, or take from it after a failure."""
    charge["amount_refunded"] += cents
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def tell(call: Call, refund: Json, *event_types: str) -> None:
    for event_type in event_types:
        emit(call, event_type, refund)
