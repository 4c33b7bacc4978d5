"""Chargebacks: what a bank took for a lost dispute, borne like a refund that it made itself."""

from datetime import datetime

from transactional.database import Row, Transaction
from transactional.settlement import refund_outcomes, refunds
from transactional.settlement.refund_outcomes import CHARGED_BACK
from transactional.settlement.refund_sharing import spread


def charge_back(connection: Transaction, payment: Row, cents: int, now: datetime) -> int | None:
    """Book what a bank took of this payment as a refund of what is left of its order's lines.

    The order is locked. Returns refund_id; None where nothing was left, or this paid no order.
    """
    if payment["ended_in"] != "order":
        return None
    left = refunds.lines_left(connection, payment["order_id"])
    cents = min(cents, sum(line.items_cents + line.shipping_cents for line in left))
    if cents == 0:
        return None
    parts = refunds.share_out({line.line_id: line for line in left}, spread(cents, left))
    return refunds.write(connection, payment, "chargeback", "dispute_lost", parts, now)


def give_up_waiting(connection: Transaction, payment_id: int, cents: int, now: datetime) -> int:
    """Send none of this payment's waiting refunds, as the bank gave `cents` of it back already.

    Returns how many of these cents were kept for the shopper in the ledger.
    """
    kept_cents = 0
    for row in _waiting(connection, payment_id):
        if row["is_kept"] and kept_cents + row["amount_cents"] > cents:
            continue
        refund_outcomes.refuse(connection, row["refund_id"], CHARGED_BACK, now)
        kept_cents += row["amount_cents"] if row["is_kept"] else 0
    return kept_cents


def _waiting(connection: Transaction, payment_id: int) -> list[Row]:
    """Refunds that Stripe has not heard of, and whether their money is kept for the shopper."""
    return connection.execute(
        "select refund_id, amount_cents,"
        " booked_at is not null or origin = 'late_capture' as is_kept from refunds"
        " where payment_id = %s and status = 'due' order by refund_id",
        (payment_id,),
    ).fetchall()
