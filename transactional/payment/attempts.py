"""Tries to pay: committed before Stripe hears of them, open until their answer is known."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from transactional.database import Row, Transaction
from transactional.errors import ConflictError

MOST_ATTEMPTS = 10


class PaymentInProgressError(ConflictError):
    """A payment of this order is being answered right now; ask for the order again in a moment."""

    code = "payment_in_progress"


class TooManyAttemptsError(ConflictError):
    """This order has been tried too often; cancel it and place a new one."""

    code = "too_many_attempts"


@dataclass(frozen=True, slots=True)
class Attempt:
    attempt_id: int
    payment_id: int
    order_id: int
    amount_cents: int
    payment_method: str
    key: UUID
    started_at: datetime
    payment_intent_id: str | None
    """Confirmed by this try, or None where it creates one: a repetition is the same call."""
    is_answered: bool = False


def open_one(connection: Transaction, payment: Row, payment_method: str, now: datetime) -> Attempt:
    """Continue the payment's open attempt, or start one; the order is locked.

    Raises PaymentInProgressError where an open attempt uses another method, TooManyAttemptsError.
    """
    tries = connection.execute(
        "select attempt_id, payment_attempts.status, payment_method, idempotency_key,"
        " payment_attempts.stripe_payment_intent_id, started_at"
        " from payment_attempts join payments using (payment_id) where order_id = %s",
        (payment["order_id"],),
    ).fetchall()
    open_tries = [row for row in tries if row["status"] == "started"]
    if any(row["payment_method"] != payment_method for row in open_tries):
        raise PaymentInProgressError
    if not open_tries and len(tries) >= MOST_ATTEMPTS:
        raise TooManyAttemptsError
    row = open_tries[0] if open_tries else _start(connection, payment, payment_method, now)
    return of_row(payment | row)


def read(connection: Transaction, attempt_id: int) -> Attempt:
    """An attempt, answered or not, of whichever payment."""
    row = connection.execute(
        "select attempt_id, payment_id, order_id, amount_cents, payment_method, idempotency_key,"
        " started_at, payment_attempts.stripe_payment_intent_id, payment_attempts.status"
        " from payment_attempts join payments using (payment_id) where attempt_id = %s",
        (attempt_id,),
    ).fetchone()
    assert row is not None, "callers hold an attempt's key, and attempts are never deleted"
    return replace(of_row(row), is_answered=row["status"] == "answered")


def of_row(row: Row) -> Attempt:
    """From a row of payment_attempts beside its payment."""
    return Attempt(
        attempt_id=row["attempt_id"],
        payment_id=row["payment_id"],
        order_id=row["order_id"],
        amount_cents=row["amount_cents"],
        payment_method=row["payment_method"],
        key=row["idempotency_key"],
        started_at=row["started_at"],
        payment_intent_id=row["stripe_payment_intent_id"],
    )


def close(
    connection: Transaction, attempt_id: int, failure_code: str | None, now: datetime
) -> None:
    connection.execute(
        "update payment_attempts set status = 'answered', answered_at = %s, failure_code = %s"
        " where attempt_id = %s and status = 'started'",
        (now, failure_code, attempt_id),
    )


def is_open(connection: Transaction, order_id: int) -> bool:
    found = connection.execute(
        "select from payment_attempts join payments using (payment_id)"
        " where order_id = %s and payment_attempts.status = 'started'",
        (order_id,),
    )
    return found.rowcount > 0


def refuse_open(connection: Transaction, order_id: int) -> None:
    """Raises PaymentInProgressError while the money may still come: an open try, or the bank's."""
    found = connection.execute(
        "select from payments where order_id = %s and status = 'processing'", (order_id,)
    )
    if found.rowcount > 0 or is_open(connection, order_id):
        raise PaymentInProgressError


def _start(connection: Transaction, payment: Row, payment_method: str, now: datetime) -> Row:
    row = connection.execute(
        "insert into payment_attempts"
        " (payment_id, status, payment_method, stripe_payment_intent_id, started_at)"
        " values (%s, 'started', %s, %s, %s)"
        " returning attempt_id, payment_method, idempotency_key, stripe_payment_intent_id,"
        " started_at",
        (payment["payment_id"], payment_method, payment["stripe_payment_intent_id"], now),
    ).fetchone()
    assert row is not None, "an insert returns its row"
    return row
