"""What became of a refund: Stripe took it, refused it, or the shopper's bank returned it.

`settle` is the one place where Stripe's answer counts, whoever brings it, any number of times.
"""

from datetime import datetime

from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError
from transactional.gateway import RefundAnswer
from transactional.moves import REFUND_MOVES, may_move
from transactional.settlement import ledger, refunds, reversals

# Why a refund was given up: the shopper's bank gave the money back instead.
CHARGED_BACK = "charged_back"


class RefundNotRepeatableError(ConflictError):
    """Only a failed refund whose money is kept for the shopper can be sent again."""

    code = "refund_not_repeatable"


def settle(connection: Transaction, refund_id: int, answer: RefundAnswer, now: datetime) -> bool:
    """Make Stripe's answer ours, exactly once; returns whether a vendor has to give money back."""
    refund = refunds.lock(connection, refund_id)
    if not may_move(REFUND_MOVES, refund["status"], answer.state):
        return False
    connection.execute(
        "update refunds set status = %(status)s, stripe_refund_id = %(stripe_refund_id)s,"
        " failure_code = %(failure)s, answered_at = %(now)s, lease_expires_at = null,"
        " last_error = null, booked_at = coalesce(booked_at, %(now)s), version = version + 1"
        " where refund_id = %(refund_id)s",
        {
            "status": answer.state,
            "stripe_refund_id": answer.stripe_refund_id,
            "failure": answer.failure_code,
            "now": now,
            "refund_id": refund_id,
        },
    )
    refund["stripe_refund_id"] = answer.stripe_refund_id
    has_debts = refund["status"] == "sending" and _book(connection, refund, now)
    if answer.state == "failed":
        ledger.record_failed_refund(connection, refund, now)
    refunds.tell(connection, refund_id, now)
    return has_debts


def refuse(connection: Transaction, refund_id: int, failure_code: str, now: datetime) -> None:
    """Stripe will not make this refund: unless its money is kept already, nothing happened."""
    refund = refunds.lock(connection, refund_id)
    connection.execute(
        "update refunds set status = 'failed', failure_code = %s, answered_at = %s,"
        " lease_expires_at = null, version = version + 1 where refund_id = %s",
        (failure_code, now, refund_id),
    )
    if refund["booked_at"] is None:
        connection.execute(statement("take_refund_back"), {"refund_id": refund_id})
        refunds.tell_vendor_orders(connection, refund_id, now)
    refunds.tell(connection, refund_id, now)


def repeat(connection: Transaction, refund_id: int, now: datetime) -> Row:
    """Send a failed refund again, whose money is kept for its shopper.

    Raises RefundUnknownError, RefundNotRepeatableError.
    """
    refund = refunds.lock(connection, refund_id)
    is_kept = refund["booked_at"] is not None or refund["origin"] == "late_capture"
    if refund["status"] != "failed" or not is_kept or refund["failure_code"] == CHARGED_BACK:
        raise RefundNotRepeatableError(status=refund["status"])
    connection.execute(
        "update refunds set status = 'due', idempotency_key = gen_random_uuid(), attempts = 0,"
        " stripe_refund_id = null, failure_code = null, lease_expires_at = null,"
        " version = version + 1 where refund_id = %s",
        (refund_id,),
    )
    refunds.tell(connection, refund_id, now)
    return refunds.read(connection, refund_id)


def _book(connection: Transaction, refund: Row, now: datetime) -> bool:
    """Stripe has it: the ledger says so, and whose transfer is gone has to give its part back."""
    ledger.record_refund(connection, refund, now)
    if refund["origin"] != "refund" or refund["booked_at"] is not None:
        return False
    return reversals.demand(connection, refund["refund_id"], now) > 0
