"""Payouts: money from an account's balance to its bank. They are made by hand only.

With the header `Stripe-Account` a platform pays out a connected account's balance. A payout leaves
after an hour and arrives two days after it was made, or fails then if its bank account does.
"""

from typing import Final, Literal

from msgspec import Struct

from rynek.local.stripe import balances, bank_accounts
from rynek.local.stripe.agenda import drop, plan
from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import equal, listed
from rynek.local.stripe.parameters import (
    Change,
    Nothing,
    Page,
    currency_code,
    merged,
    positive,
    read,
)
from rynek.local.stripe.refusals import Json, Refusal
from rynek.local.stripe.store import PLATFORM, Record

LEAVES_AFTER_S: Final = 3600
ARRIVES_AFTER_S: Final = 2 * 86_400


class CreatePayout(Struct, forbid_unknown_fields=True):
    """What is paid out; `amount` in minor units."""

    amount: int
    currency: str
    description: str | None = None
    metadata: dict[str, str] | None = None
    method: Literal["standard"] = "standard"
    source_type: Literal["card"] = "card"
    statement_descriptor: str | None = None


class PayoutPage(Page, forbid_unknown_fields=True):
    """Filters of the payout list."""

    destination: str | None = None
    status: str | None = None


def create(call: Call) -> Answer:
    """Pay out. Refuses an account that may not, and more than is available."""
    wanted = read(CreatePayout, call.form)
    positive(wanted.amount, param="amount")
    wanted.currency = currency_code(wanted.currency)
    bank = require_bank(call)
    balances.mature(call.books, call.now)
    available_cents = balances.funds(call.books)["available"].get(wanted.currency, 0)
    if wanted.amount > available_cents:
        raise Refusal(
            f"You have insufficient funds for this payout: {available_cents} {wanted.currency}.",
            code="balance_insufficient",
            param="amount",
        )
    record = call.books.add(payout_of(wanted, bank.id, call.now))
    record.body["balance_transaction"] = book(call, record.body, "payout", -1)["id"]
    call.books.keep(record)
    plan(call, "payout leaves", record.id, call.now + LEAVES_AFTER_S)
    emit(call, "payout.created", record.body)
    return ok(record.body)


def require_bank(call: Call) -> Record:
    """The bank account to pay out to, of an account that may."""
    bank = bank_accounts.paid_out_to(call)
    if bank is None:
        raise Refusal("The account has no external account to pay out to.")
    if call.books.account != PLATFORM:
        account = call.books.of(PLATFORM).find("account", call.books.account)
        if account is None or not account.body["payouts_enabled"]:
            raise Refusal("Payouts are not enabled on this account.", code="payouts_not_allowed")
    return bank


def book(call: Call, payout: Json, kind: str, sign: Literal[-1, 1]) -> Json:
    """Move a payout's money out of the balance (-1) or back into it (1)."""
    return balances.book(
        call.books,
        source=payout,
        kind=kind,
        amount_cents=sign * payout["amount"],
        now=call.now,
        available_on=call.now,
    )


def leave(call: Call, record: Record) -> None:
    """The bank has the order."""
    record.body["status"] = "in_transit"
    call.books.keep(record)
    plan(call, "payout arrives", record.id, record.body["arrival_date"])
    emit(call, "payout.updated", record.body)


def arrive(call: Call, record: Record) -> None:
    """The money is at the bank, or comes back with the reason."""
    bank = call.find("bank_account", "bank account", record.body["destination"])
    failure = bank_accounts.failure(bank)
    if failure is None:
        record.body["status"] = "paid"
    else:
        returned = book(call, record.body, "payout_failure", 1)
        record.body |= {
            "status": "failed",
            "failure_code": failure[0],
            "failure_message": failure[1],
            "failure_balance_transaction": returned["id"],
        }
    call.books.keep(record)
    emit(call, f"payout.{record.body['status']}", record.body)


def cancel(call: Call) -> Answer:
    """Take back a payout that has not left yet."""
    read(Nothing, call.form)
    record = payout_in(call)
    if record.body["status"] != "pending":
        raise Refusal(f"Payouts can be canceled while pending; this is {record.body['status']}.")
    returned = book(call, record.body, "payout_cancel", 1)
    record.body |= {"status": "canceled", "failure_balance_transaction": returned["id"]}
    call.books.keep(record)
    drop(call, record.id)
    emit(call, "payout.canceled", record.body)
    return ok(record.body)


def payout_of(wanted: CreatePayout, bank_id: str, now: int) -> Json:
    return {
        "id": mint("po_1"),
        "object": "payout",
        "amount": wanted.amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": now + ARRIVES_AFTER_S,
        "automatic": False,
        "balance_transaction": None,
        "created": now,
        "currency": wanted.currency,
        "description": wanted.description,
        "destination": bank_id,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": merged({}, wanted.metadata),
        "method": wanted.method,
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": wanted.source_type,
        "statement_descriptor": wanted.statement_descriptor,
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(payout_in(call).body)


def update(call: Call) -> Answer:
    """Only metadata can change."""
    wanted = read(Change, call.form)
    record = payout_in(call)
    record.body["metadata"] = merged(record.body["metadata"], wanted.metadata)
    call.books.keep(record)
    emit(call, "payout.updated", record.body)
    return ok(record.body)


def list_payouts(call: Call) -> Answer:
    page = read(PayoutPage, call.form)
    filters = [*equal("destination", page.destination), *equal("status", page.status)]
    return listed(call, "payout", page, filters)


def payout_in(call: Call) -> Record:
    return call.find("payout", "payout", call.path["id"])
