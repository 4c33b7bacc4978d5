"""Balances: sums over balance transactions, pending until they become available."""

from collections import defaultdict
from typing import Final

from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import equal, listed
from rynek.local.stripe.parameters import Nothing, Page, read
from rynek.local.stripe.refusals import Json
from rynek.local.stripe.store import Books

AVAILABLE_AFTER_S: Final = 2 * 24 * 3600
FEE_PER_MILLE: Final = 29
FEE_FIXED_CENTS: Final = 30
"""Stripe's US list price for cards: 2.9 % + 30 cents."""

REPORTED_AS: Final = {
    "payment": "charge",
    "payment_refund": "refund",
    "transfer_refund": "transfer_reversal",
}
"""Stripe's reporting categories, where they are not the type's own name."""


class TransactionPage(Page, forbid_unknown_fields=True):
    """Filters of the balance transaction list."""

    currency: str | None = None
    payout: str | None = None
    """Of a payout made by hand, as all are here: its own transactions."""
    source: str | None = None
    type: str | None = None


def processing_fee(amount_cents: int) -> int:
    """What Stripe keeps of a card charge, in cents, rounded half up once."""
    return (amount_cents * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED_CENTS


def book(
    books: Books,
    *,
    source: Json,
    kind: str,
    amount_cents: int,
    now: int,
    available_on: int,
    fee_cents: int = 0,
    fee_for: str = "Stripe processing fees",
    category: str | None = None,
) -> Json:
    """File a balance transaction for `source`; amounts are signed from the account's view."""
    fee = {"application": None, "description": fee_for, "type": "stripe_fee"}
    body: Json = {
        "id": mint("txn_1"),
        "object": "balance_transaction",
        "amount": amount_cents,
        "available_on": available_on,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee_cents,
        "fee_details": [{"amount": fee_cents, "currency": source["currency"], **fee}]
        if fee_cents
        else [],
        "net": amount_cents - fee_cents,
        "reporting_category": category or REPORTED_AS.get(kind, kind),
        "source": source["id"],
        "status": "available" if available_on <= now else "pending",
        "type": kind,
    }
    return books.add(body).body


def mature(books: Books, now: int) -> None:
    """Move every balance transaction whose time has come from pending to available."""
    books.connection.execute(
        "update objects set body = json_set(body, '$.status', 'available')"
        " where kind = 'balance_transaction' and body ->> '$.status' = 'pending'"
        " and body ->> '$.available_on' <= ?",
        (now,),
    )


def funds(books: Books) -> dict[str, dict[str, int]]:
    """Cents by status and currency: `{"available": {"usd": 1200}, "pending": {...}}`."""
    sums: dict[str, dict[str, int]] = {"available": defaultdict(int), "pending": defaultdict(int)}
    for currency, status, net_cents in books.connection.execute(
        "select body ->> '$.currency', body ->> '$.status', sum(body ->> '$.net') from objects"
        " where kind = 'balance_transaction' and account = ? group by 1, 2",
        (books.account,),
    ):
        sums[status][currency] = net_cents
    return sums


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    mature(call.books, call.now)
    sums = funds(call.books)
    currencies = sorted({*sums["available"], *sums["pending"]} or {"usd"})
    shown = {
        status: [
            {
                "amount": sums[status].get(currency, 0),
                "currency": currency,
                "source_types": {"card": sums[status].get(currency, 0)},
            }
            for currency in currencies
        ]
        for status in ("available", "pending")
    }
    return ok({"object": "balance", "livemode": False, **shown})


def retrieve_transaction(call: Call) -> Answer:
    read(Nothing, call.form)
    mature(call.books, call.now)
    return ok(call.find("balance_transaction", "balance transaction", call.path["id"]).body)


def list_transactions(call: Call) -> Answer:
    page = read(TransactionPage, call.form)
    mature(call.books, call.now)
    filters = [
        *equal("currency", page.currency),
        *equal("source", page.payout),
        *equal("source", page.source),
        *equal("type", page.type),
    ]
    return listed(call, "balance_transaction", page, filters)
