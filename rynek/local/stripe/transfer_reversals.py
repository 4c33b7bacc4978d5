"""Transfer reversals: money from a connected account's balance back to the platform's."""

from typing import Final

from msgspec import Struct

from rynek.local.stripe import balances, refunds
from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import equal, listed
from rynek.local.stripe.parameters import Change, Cursor, Nothing, merged, positive, read
from rynek.local.stripe.refund_outcomes import count
from rynek.local.stripe.refusals import Json, NoSuchObject, Refusal
from rynek.local.stripe.store import Record

SHOWN_IN_TRANSFER: Final = 10
"""A transfer shows its latest reversals; the list has them all."""


class CreateReversal(Struct, forbid_unknown_fields=True):
    """What is taken back; `amount` in minor units, all that is left if absent."""

    amount: int | None = None
    description: str | None = None
    metadata: dict[str, str] | None = None
    refund_application_fee: bool = False


def create(call: Call) -> Answer:
    """Take back a transfer, in part or whole.

    Refuses more than is left of the transfer, and more than the connected account has: of its
    available balance, and of the pending one too while the transfer itself is pending.
    """
    wanted = read(CreateReversal, call.form)
    transfer = transfer_in(call)
    cents = reversible(transfer.body, wanted.amount)
    balances.mature(call.books, call.now)
    available_on = require_funds(call, transfer.body, cents)
    reversal = reversal_of(wanted, transfer.body, cents, call.now)
    settle(call, transfer.body, reversal, available_on)
    call.books.add(reversal)
    show(transfer.body, reversal)
    call.books.keep(transfer)
    emit(call, "transfer.reversed", transfer.body)
    return ok(reversal)


def reversible(transfer: Json, wanted_cents: int | None) -> int:
    """How much is taken back, checked against what is left of the transfer."""
    left_cents = transfer["amount"] - transfer["amount_reversed"]
    if left_cents == 0:
        raise Refusal(f"Transfer {transfer['id']} is already fully reversed.", param="id")
    if wanted_cents is None:
        return int(left_cents)
    if positive(wanted_cents, param="amount") > left_cents:
        raise Refusal(
            f"The reversal ({wanted_cents}) is greater than what is left of the transfer "
            f"({left_cents}).",
            param="amount",
        )
    return wanted_cents


def require_funds(call: Call, transfer: Json, cents: int) -> int:
    """When the reversal becomes available: with the transfer. Refuses what is not there."""
    theirs = call.books.of(transfer["destination"])
    sent = call.find("balance_transaction", "balance transaction", transfer["balance_transaction"])
    sums, currency = balances.funds(theirs), transfer["currency"]
    usable_cents = sums["available"].get(currency, 0)
    if sent.body["available_on"] > call.now:
        usable_cents += sums["pending"].get(currency, 0)
    if cents > usable_cents:
        raise Refusal(
            f"The connected account has {usable_cents} {currency}, the reversal needs {cents}. "
            "Reverse less, or wait for its next transfer.",
            code="balance_insufficient",
        )
    return max(int(sent.body["available_on"]), call.now)


def settle(call: Call, transfer: Json, reversal: Json, available_on: int) -> None:
    """Book both sides, and file the refund that the connected account sees on its payment."""
    theirs = call.books.of(transfer["destination"])
    payment = theirs.find("charge", transfer["destination_payment"])
    assert payment is not None, "a transfer has the payment that its destination saw"
    refund = refunds.blank(mint("pyr_1"), payment.body, reversal["amount"], call.now)
    ours = balances.book(
        call.books,
        source=reversal | {"description": transfer["description"]},
        kind="transfer_refund",
        amount_cents=reversal["amount"],
        now=call.now,
        available_on=available_on,
    )
    returned = balances.book(
        theirs,
        source=refund,
        kind="payment_refund",
        amount_cents=-reversal["amount"],
        now=call.now,
        available_on=available_on,
    )
    reversal |= {"balance_transaction": ours["id"], "destination_payment_refund": refund["id"]}
    reversed_by = {"source_transfer_reversal": reversal["id"]}
    theirs.add(refund | reversed_by | {"balance_transaction": returned["id"]})
    count(payment.body, reversal["amount"])
    theirs.keep(payment)


def show(transfer: Json, reversal: Json) -> None:
    """The transfer after the reversal, with its latest ones inside."""
    transfer["amount_reversed"] += reversal["amount"]
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    shown = [reversal, *transfer["reversals"]["data"]]
    transfer["reversals"]["data"] = shown[:SHOWN_IN_TRANSFER]
    transfer["reversals"]["has_more"] |= len(shown) > SHOWN_IN_TRANSFER


def reversal_of(wanted: CreateReversal, transfer: Json, cents: int, now: int) -> Json:
    return {
        "id": mint("trr_1"),
        "object": "transfer_reversal",
        "amount": cents,
        "balance_transaction": None,
        "created": now,
        "currency": transfer["currency"],
        "destination_payment_refund": None,
        "metadata": merged({}, wanted.metadata),
        "source_refund": None,
        "transfer": transfer["id"],
    }


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(reversal_in(call).body)


def update(call: Call) -> Answer:
    """Only metadata can change."""
    wanted = read(Change, call.form)
    reversal = reversal_in(call)
    reversal.body["metadata"] = merged(reversal.body["metadata"], wanted.metadata)
    call.books.keep(reversal)
    return ok(reversal.body)


def list_reversals(call: Call) -> Answer:
    page = read(Cursor, call.form)
    transfer = transfer_in(call)
    return listed(call, "transfer_reversal", page, equal("transfer", transfer.id))


def transfer_in(call: Call) -> Record:
    return call.find("transfer", "transfer", call.path["id"])


def reversal_in(call: Call) -> Record:
    """The reversal named in the path, which must belong to the transfer named there."""
    reversal = call.find("transfer_reversal", "transfer reversal", call.path["reversal"])
    if reversal.body["transfer"] != call.path["id"]:
        raise NoSuchObject(f"No such reversal of {call.path['id']}.", code="resource_missing")
    return reversal
