"""Transfers: money from the platform's balance to a connected account's."""

from typing import Final

from msgspec import Struct

from rynek.local.stripe import balances
from rynek.local.stripe.charges import payment_of
from rynek.local.stripe.events import emit
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import empty, equal, listed
from rynek.local.stripe.parameters import (
    Change,
    Nothing,
    Page,
    currency_code,
    merged,
    positive,
    read,
)
from rynek.local.stripe.refusals import Json, Refusal, missing
from rynek.local.stripe.store import Books, Record

GROUP_OF_INTENT: Final = "group_"
"""Stripe names the group of a charge that had none after its PaymentIntent."""


class CreateTransfer(Struct, forbid_unknown_fields=True):
    """What a platform asks to be moved; `amount` in minor units."""

    amount: int
    currency: str
    destination: str
    description: str | None = None
    metadata: dict[str, str] | None = None
    source_transaction: str | None = None
    transfer_group: str | None = None


class ChangeTransfer(Change, forbid_unknown_fields=True):
    """What may change once the money has moved."""

    description: str | None = None


class TransferPage(Page, forbid_unknown_fields=True):
    """Filters of the transfer list."""

    destination: str | None = None
    transfer_group: str | None = None


def create(call: Call) -> Answer:
    """Move money, from one charge's proceeds or from the available balance.

    Refuses an unknown or incapable destination, another currency than the charge's, more than is
    left of the charge, and more than is available.
    """
    wanted = read(CreateTransfer, call.form)
    positive(wanted.amount, param="amount")
    wanted.currency = currency_code(wanted.currency)
    require_capable(call, wanted.destination)
    balances.mature(call.books, call.now)
    if wanted.source_transaction is None:
        require_available(call.books, wanted)
        transfer, available_on = transfer_of(wanted, call.now), call.now
    else:
        charge = source_of(call, wanted)
        transfer, available_on = from_charge(call, wanted, charge)
    settle(call, transfer, available_on)
    emit(call, "transfer.created", transfer)
    return ok(transfer)


def require_capable(call: Call, destination: str) -> None:
    account = call.books.find("account", destination)
    if account is None:
        raise missing("destination", destination, param="destination")
    if account.body["capabilities"].get("transfers") != "active":
        raise Refusal(
            "The destination account lacks the `transfers` capability; request it first.",
            code="insufficient_capabilities_for_transfer",
            param="destination",
        )


def require_available(books: Books, wanted: CreateTransfer) -> None:
    available_cents = balances.funds(books)["available"].get(wanted.currency, 0)
    if wanted.amount > available_cents:
        raise Refusal(
            f"You have insufficient available funds: {available_cents} {wanted.currency}. "
            "Name a charge as source_transaction to transfer before it becomes available.",
            code="balance_insufficient",
        )


def source_of(call: Call, wanted: CreateTransfer) -> Record:
    """The charge a transfer draws on, checked for state, currency, group and what is left."""
    charge = call.books.find("charge", str(wanted.source_transaction))
    if charge is None:
        raise missing("charge", str(wanted.source_transaction), param="source_transaction")
    if charge.body["status"] != "succeeded":
        raise Refusal("The source charge did not succeed.", param="source_transaction")
    if charge.body["currency"] != wanted.currency:
        raise Refusal(
            f"The charge is in {charge.body['currency']}, the transfer in {wanted.currency}.",
            param="currency",
        )
    require_same_group(charge.body, wanted)
    left_cents = charge.body["amount"] - drawn(call.books, charge.id)
    if wanted.amount > left_cents:
        raise Refusal(
            f"Transfers from {charge.id} may not exceed its amount; {left_cents} are left.",
            param="amount",
        )
    return charge


def require_same_group(charge: Json, wanted: CreateTransfer) -> None:
    groups = {charge["transfer_group"], wanted.transfer_group} - {None}
    if len(groups) > 1:
        raise Refusal(
            f"The source charge belongs to transfer_group {charge['transfer_group']}.",
            param="transfer_group",
        )


def drawn(books: Books, charge_id: str) -> int:
    """Cents that transfers have already taken from a charge, net of reversals."""
    transfers = books.select("transfer", "body ->> '$.source_transaction' = ?", (charge_id,), "")
    return sum(record.body["amount"] - record.body["amount_reversed"] for record in transfers)


def from_charge(call: Call, wanted: CreateTransfer, charge: Record) -> tuple[Json, int]:
    """The transfer, in its charge's group, and when it becomes available: with the charge."""
    group = wanted.transfer_group or charge.body["transfer_group"]
    wanted.transfer_group = group or GROUP_OF_INTENT + charge.body["payment_intent"]
    if charge.body["transfer_group"] is None:
        charge.body["transfer_group"] = wanted.transfer_group
        call.books.keep(charge)
    transaction = call.books.find("balance_transaction", charge.body["balance_transaction"])
    assert transaction is not None, "a succeeded charge has a balance transaction"
    return transfer_of(wanted, call.now), transaction.body["available_on"]


def settle(call: Call, transfer: Json, available_on: int) -> None:
    """Book both sides, and file the payment that the destination sees."""
    theirs = call.books.of(transfer["destination"])
    payment = payment_of(transfer, call.now)
    ours = balances.book(
        call.books,
        source=transfer,
        kind="transfer",
        amount_cents=-transfer["amount"],
        now=call.now,
        available_on=available_on,
    )
    received = balances.book(
        theirs,
        source=payment,
        kind="payment",
        amount_cents=transfer["amount"],
        now=call.now,
        available_on=available_on,
    )
    transfer |= {"balance_transaction": ours["id"], "destination_payment": payment["id"]}
    theirs.add(payment | {"balance_transaction": received["id"]})
    call.books.add(transfer)


def transfer_of(wanted: CreateTransfer, now: int) -> Json:
    transfer_id = mint("tr_1")
    return {
        "id": transfer_id,
        "object": "transfer",
        "amount": wanted.amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": now,
        "currency": wanted.currency,
        "description": wanted.description,
        "destination": wanted.destination,
        "destination_payment": None,
        "livemode": False,
        "metadata": merged({}, wanted.metadata),
        "reversals": empty(f"/v1/transfers/{transfer_id}/reversals"),
        "reversed": False,
        "source_transaction": wanted.source_transaction,
        "source_type": "card",
        "transfer_group": wanted.transfer_group,
    }


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(call.find("transfer", "transfer", call.path["id"]).body)


def update(call: Call) -> Answer:
    wanted = read(ChangeTransfer, call.form)
    record = call.find("transfer", "transfer", call.path["id"])
    record.body["metadata"] = merged(record.body["metadata"], wanted.metadata)
    if wanted.description is not None:
        record.body["description"] = wanted.description or None
    call.books.keep(record)
    emit(call, "transfer.updated", record.body)
    return ok(record.body)


def list_transfers(call: Call) -> Answer:
    page = read(TransferPage, call.form)
    filters = [
        *equal("destination", page.destination),
        *equal("transfer_group", page.transfer_group),
    ]
    return listed(call, "transfer", page, filters)
