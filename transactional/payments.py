"""Payments: the intent is committed, Stripe is called with no transaction open, the answer is
committed.

`settle` is the one place where an answer counts, whoever brings it: the shopper's request, a
webhook or recovery. It may come any number of times, in any order.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from transactional import attempts, holds, installation, ledger, orders, transfers
from transactional.attempts import Attempt
from transactional.database import Database, Row, Transaction
from transactional.errors import ConflictError, DeclinedError, MarketError
from transactional.gateway import KEYS_LAST, Charge, Gateway, StripeRefusedError
from transactional.intents import Intent
from transactional.stock import OutOfStockError


class PaymentDeclinedError(DeclinedError):
    """The card was declined; try again with another payment method."""

    code = "payment_declined"


class HoldLapsedError(ConflictError):
    """The 15 minutes in which these units were kept are over; place the order again."""

    code = "hold_lapsed"


class IntentForeignError(MarketError):
    """Stripe's PaymentIntent is not what this payment asked for; look at both before acting."""

    code = "payment_intent_foreign"


@dataclass(frozen=True, slots=True)
class Begun:
    attempt: Attempt
    currency: str


def begin(
    connection: Transaction,
    order_id: int,
    payment_method: str,
    now: datetime,
    repeated: int | None = None,
) -> Begun | None:
    """Write down that this order is about to be paid; None where it is paid already.

    A request that is `repeated` goes on with the attempt it began, and begins no second.

    Raises OrderUnknownError, OrderNotOpenError, HoldLapsedError, PaymentInProgressError,
    TooManyAttemptsError.
    """
    order = orders.lock(connection, order_id)
    if order["status"] == "paid":
        return None
    _refuse_lapsed(connection, order, now)
    payment = _payment_of(connection, order, now)
    if payment["status"] in ("processing", "succeeded"):
        raise attempts.PaymentInProgressError
    attempt = attempts.open_one(connection, payment, payment_method, now, repeated)
    holds.keep_for_payment(connection, order_id, now)
    return Begun(attempt, installation.read(connection).currency)


def finish(database: Database, gateway: Gateway, begun: Begun, now: datetime) -> Intent:
    """Ask Stripe for the money and write down its answer. Raises StripeUnavailableError,
    StripeRefusedError.

    After StripeUnavailableError nobody knows the answer: the attempt stays open and is continued
    later. An attempt that is answered already is only told of again.
    """
    attempt = begun.attempt
    if attempt.is_answered:
        return _ask_for_money(gateway, begun, now)
    try:
        intent = _ask_for_money(gateway, begun, now)
    except StripeRefusedError as refusal:
        with database.transaction() as connection:
            attempts.close(connection, attempt.attempt_id, refusal.code, now)
        raise
    with database.transaction() as connection:
        settle(connection, attempt.payment_id, intent, now)
        attempts.close(connection, attempt.attempt_id, intent.failure_code, now)
    return intent


def settle(connection: Transaction, payment_id: int, intent: Intent, now: datetime) -> None:
    """Make Stripe's present answer ours, exactly once.

    Money for units that are gone meanwhile leaves the payment succeeded and the order unpaid: an
    open task, which recovery tries again until the units are back. Raises IntentForeignError.
    """
    payment = _lock(connection, payment_id)
    order = orders.lock(connection, payment["order_id"])
    _refuse_foreign(payment, intent, installation.read(connection).currency)
    if payment["status"] not in ("succeeded", "cancelled"):
        _write(connection, payment_id, intent, now)
    if intent.status == "succeeded" and order["status"] != "paid":
        _complete(connection, order["order_id"], now)


def find(connection: Transaction, payment_intent_id: str, attempt_key: UUID | None) -> int | None:
    """Which payment a PaymentIntent belongs to; None where it is not ours."""
    row = connection.execute(
        "select payment_id from payments where stripe_payment_intent_id = %s"
        " union select payment_id from payment_attempts where idempotency_key = %s",
        (payment_intent_id, attempt_key),
    ).fetchone()
    return None if row is None else row["payment_id"]


def _refuse_lapsed(connection: Transaction, order: Row, now: datetime) -> None:
    if order["status"] != "pending_payment":
        raise orders.OrderNotOpenError(status=order["status"])
    hold = holds.lock(connection, order["order_id"])
    if hold["expires_at"] <= now and not attempts.is_open(connection, order["order_id"]):
        raise HoldLapsedError


def _payment_of(connection: Transaction, order: Row, now: datetime) -> Row:
    """The order's payment, made where there is none; the order is locked."""
    connection.execute(
        "insert into payments (order_id, status, amount_cents, created_at)"
        " values (%s, 'created', %s, %s) on conflict (order_id, hold_generation) do nothing",
        (order["order_id"], order["total_cents"], now),
    )
    row = connection.execute(
        "select payment_id, order_id, status, amount_cents, stripe_payment_intent_id"
        " from payments where order_id = %s",
        (order["order_id"],),
    ).fetchone()
    assert row is not None, "it was made above"
    return row


def _ask_for_money(gateway: Gateway, begun: Begun, now: datetime) -> Intent:
    """The call that the attempt stands for; once its key may be forgotten, only a question."""
    attempt = begun.attempt
    if now - attempt.started_at > KEYS_LAST:
        return _recall(gateway, attempt)
    if attempt.payment_intent_id is not None:
        return gateway.confirm(attempt.payment_intent_id, attempt.payment_method, attempt.key)
    charge = Charge(attempt.order_id, attempt.amount_cents, begun.currency, attempt.payment_method)
    return gateway.charge(charge, attempt.key)


def _recall(gateway: Gateway, attempt: Attempt) -> Intent:
    if attempt.payment_intent_id is not None:
        return gateway.ask(attempt.payment_intent_id)
    return gateway.find(attempt.key, attempt.started_at)


def _lock(connection: Transaction, payment_id: int) -> Row:
    """The payment behind its order's lock: the order always comes first, so nobody deadlocks."""
    connection.execute(
        "select from orders where order_id ="
        " (select order_id from payments where payment_id = %s) for update",
        (payment_id,),
    )
    row = connection.execute(
        "select order_id, status, amount_cents, stripe_payment_intent_id from payments"
        " where payment_id = %s for update",
        (payment_id,),
    ).fetchone()
    assert row is not None, "callers hold a payment's key"
    return row


def _refuse_foreign(payment: Row, intent: Intent, currency: str) -> None:
    wanted = (
        payment["stripe_payment_intent_id"] or intent.payment_intent_id,
        payment["amount_cents"],
        currency,
    )
    if (intent.payment_intent_id, intent.amount_cents, intent.currency) != wanted:
        raise IntentForeignError(payment_intent_id=intent.payment_intent_id)


def _write(connection: Transaction, payment_id: int, intent: Intent, now: datetime) -> None:
    connection.execute(
        "update payments set status = %(status)s, stripe_payment_intent_id = %(intent)s,"
        " stripe_charge_id = %(charge)s, failure_code = %(failure)s, checked_at = %(now)s,"
        " succeeded_at = case when %(status)s = 'succeeded' then %(now)s end, version = version + 1"
        " where payment_id = %(payment_id)s",
        {
            "status": intent.status,
            "intent": intent.payment_intent_id,
            "charge": intent.charge_id,
            "failure": intent.failure_code,
            "now": now,
            "payment_id": payment_id,
        },
    )


def _complete(connection: Transaction, order_id: int, now: datetime) -> None:
    try:
        with (
            connection.transaction()
        ):  # a savepoint: what was tried for units that are gone is undone
            holds.consume(connection, order_id, now)
    except OutOfStockError:
        return
    orders.mark_paid(connection, order_id, now)
    ledger.record_sales(connection, [order_id])
    transfers.queue(connection, [order_id], now)
