"""The double-entry ledger: debits positive, credits negative, every journal at zero."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from transactional.database import Row, Transaction, statement

# An account by its kind and vendor, and what is posted to it.
Amount = tuple[str, int | None, int]


def record_sales(connection: Transaction, order_ids: Sequence[int]) -> None:
    """One `sale` journal per paid order: what came in, what each vendor is owed, what is ours."""
    connection.execute(statement("open_sale_accounts"), {"order_ids": list(order_ids)})
    connection.execute(statement("record_sales"), {"order_ids": list(order_ids)})


def record_transfer(connection: Transaction, transfer_id: int, now: datetime) -> None:
    """The `transfer` journal: the vendor is owed less, and the balance at Stripe is smaller."""
    connection.execute(statement("record_transfer"), {"transfer_id": transfer_id, "now": now})


def record_reversal(connection: Transaction, reversal: Row, cents: int, now: datetime) -> None:
    """The `transfer_reversal` journal: what a vendor gave back of a transfer."""
    amounts: list[Amount] = [
        ("stripe_balance", None, cents),
        ("vendor_payable", reversal["vendor_id"], -cents),
    ]
    reference = f"trr_{reversal['transfer_reversal_id']}"
    _record(connection, "transfer_reversal", reversal["order_id"], reference, amounts, now)


def record_unmatched(connection: Transaction, payment: Row, now: datetime) -> None:
    """The `unmatched_payment` journal: money that no order is for, owed to its shopper."""
    amounts = _moved("unmatched_payments", "stripe_balance", payment["amount_cents"])
    reference = f"pay_{payment['payment_id']}"
    _record(connection, "unmatched_payment", payment["order_id"], reference, amounts, now)


def record_refund(connection: Transaction, refund: Row, now: datetime) -> None:
    """What Stripe takes from the balance for a refund, and who bears it.

    Sent again after the shopper's bank returned it, or given back for want of an order, it is borne
    by what was kept for the shopper.
    """
    cents, kept = refund["amount_cents"], ("unmatched_payments", None, refund["amount_cents"])
    is_repeated = refund["booked_at"] is not None
    is_kept = is_repeated or refund["origin"] == "late_capture"
    amounts = [kept] if is_kept else _shares(connection, refund["refund_id"])
    kind = "refund_repeated" if is_repeated else "refund"
    taken: Amount = ("stripe_balance", None, -cents)
    reference = refund["stripe_refund_id"]
    _record(connection, kind, refund["order_id"], reference, [taken, *amounts], now)


def record_failed_refund(connection: Transaction, refund: Row, now: datetime) -> None:
    """The `refund_failed` journal: the money is back, and kept for its shopper."""
    amounts = _moved("unmatched_payments", "stripe_balance", refund["amount_cents"])
    reference = refund["stripe_refund_id"]
    _record(connection, "refund_failed", refund["order_id"], reference, amounts, now)


def record_dispute(
    connection: Transaction, dispute: Row, taken_cents: int, fee_cents: int, now: datetime
) -> None:
    """What a bank took for a dispute, and Stripe for its work; negative where it came back."""
    amounts: list[Amount] = [
        ("stripe_balance", None, -taken_cents - fee_cents),
        ("disputed_funds", None, taken_cents),
        ("dispute_fees", None, fee_cents),
    ]
    kind = "dispute_opened" if taken_cents > 0 else "dispute_won"
    reference = f"dsp_{dispute['dispute_id']}:{dispute['version']}"
    _record(connection, kind, dispute["order_id"], reference, amounts, now)


def record_lost_dispute(
    connection: Transaction, dispute: Row, refund_id: int | None, kept_cents: int, now: datetime
) -> None:
    """The `dispute_lost` journal: what the bank took, borne by what was kept for the shopper and
    like a refund. What it took beyond all that was left of the order is a cost of disputes.
    """
    shares = _shares(connection, refund_id) if refund_id is not None else []
    borne_cents = kept_cents + sum(cents for _, _, cents in shares)
    amounts: list[Amount] = [
        ("disputed_funds", None, -dispute["taken_cents"]),
        ("unmatched_payments", None, kept_cents),
        ("dispute_fees", None, dispute["taken_cents"] - borne_cents),
        *shares,
    ]
    reference = f"dsp_{dispute['dispute_id']}"
    _record(connection, "dispute_lost", dispute["order_id"], reference, amounts, now)


def _shares(connection: Transaction, refund_id: int) -> list[Amount]:
    rows = connection.execute(statement("refund_shares"), {"refund_id": refund_id})
    return [(row["kind"], row["vendor_id"], row["amount_cents"]) for row in rows]


def _moved(from_kind: str, to_kind: str, cents: int) -> list[Amount]:
    return [(to_kind, None, cents), (from_kind, None, -cents)]


def _record(
    connection: Transaction,
    kind: str,
    order_id: int,
    reference: str,
    amounts: Sequence[Amount],
    now: datetime,
) -> None:
    if not any(cents for _, _, cents in amounts):
        return
    names = ("kind", "vendor_id", "amount_cents")
    rows = Jsonb([dict(zip(names, amount, strict=True)) for amount in amounts])
    connection.execute(statement("open_accounts"), {"amounts": rows})
    connection.execute(
        statement("record_journal"),
        {"kind": kind, "order_id": order_id, "reference": reference, "amounts": rows, "now": now},
    )
