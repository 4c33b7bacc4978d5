"""Payments: the intent is committed, Stripe is called with no transaction open, the answer is
committed.

`settle` is the one place where an answer counts, whoever brings it: the shopper's request, a
webhook or recovery. It may come any number of times, in any order. A payment belongs to one
generation of its order's hold; money of whichever generation comes in first pays the order, and all
other money goes back.
"""

from datetime import datetime
from uuid import UUID

from transactional import gaps, installation
from transactional.database import Database, Row, Transaction
from transactional.errors import ConflictError, DeclinedError, MarketError
from transactional.gateway import Gateway, StripeRefusedError
from transactional.ordering import deadlines, holds, orders
from transactional.ordering.stock import OutOfStockError
from transactional.payment import attempts, charging
from transactional.payment.charging import Begun, PaymentUnheardError
from transactional.payment.intents import Intent
from transactional.settlement import ledger, refunds, transfers


class PaymentDeclinedError(DeclinedError):
    """The card was declined; try again with another payment method."""

    code = "payment_declined"


class HoldLapsedError(ConflictError):
    """These units were kept for 15 minutes and are not any more; renew the hold or order anew."""

    code = "hold_lapsed"


class IntentForeignError(MarketError):
    """Stripe's PaymentIntent is not what this payment asked for; look at both before acting."""

    code = "payment_intent_foreign"


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
    hold = _living_hold(connection, order, now)
    currency = installation.read(connection).currency
    if repeated is not None:
        return Begun(attempts.read(connection, repeated), currency)
    payment = _payment_of(connection, order, hold["generation"], now)
    if payment["status"] == "processing":
        raise attempts.PaymentInProgressError
    attempt = attempts.open_one(connection, payment, payment_method, now)
    holds.keep_for_payment(connection, order_id, now)
    return Begun(attempt, currency)


def finish(database: Database, gateway: Gateway, begun: Begun, now: datetime) -> Intent:
    """Ask Stripe for the money and write down its answer. Raises StripeUnavailableError,
    StripeRefusedError.

    After StripeUnavailableError nobody knows the answer: the attempt stays open and is continued
    later. An attempt that is answered already is only told of again.
    """
    attempt = begun.attempt
    if attempt.is_answered:
        return charging.ask_for_money(gateway, begun, now)
    try:
        intent = charging.ask_for_money(gateway, begun, now)
    except StripeRefusedError as refusal:
        with database.transaction() as connection:
            attempts.close(connection, attempt.attempt_id, refusal.code, now)
            if isinstance(refusal, PaymentUnheardError):
                _give_up(connection, attempt.payment_id, refusal.code, now)
        raise
    with database.transaction() as connection:
        settle(connection, attempt.payment_id, intent, now)
        attempts.close(connection, attempt.attempt_id, intent.failure_code, now)
    return intent


def settle(connection: Transaction, payment_id: int, intent: Intent, now: datetime) -> None:
    """Make Stripe's present answer ours, exactly once. Raises IntentForeignError."""
    payment = _lock(connection, payment_id)
    _refuse_foreign(payment, intent, installation.read(connection).currency)
    if payment["status"] not in ("succeeded", "cancelled"):
        _write(connection, payment_id, intent, now)
    if intent.status == "succeeded" and payment["ended_in"] is None:
        _end(connection, payment, now)


def latest(connection: Transaction, order_id: int) -> Row | None:
    """The payment that paid the order, or the newest: payment_id, status, payment_intent_id."""
    return connection.execute(
        "select payment_id, status, stripe_payment_intent_id as payment_intent_id from payments"
        " where order_id = %s"
        " order by ended_in is not distinct from 'order' desc, hold_generation desc limit 1",
        (order_id,),
    ).fetchone()


def open_intents(connection: Transaction, order_id: int) -> list[Row]:
    """PaymentIntents of the order that may still take money: payment_id, payment_intent_id."""
    return connection.execute(
        "select payment_id, stripe_payment_intent_id as payment_intent_id from payments"
        " where order_id = %s and stripe_payment_intent_id is not null"
        " and status in ('requires_payment', 'requires_action', 'processing')"
        " order by payment_id",
        (order_id,),
    ).fetchall()


def find(connection: Transaction, payment_intent_id: str, attempt_key: UUID | None) -> int | None:
    """Which payment a PaymentIntent belongs to; None where it is not ours."""
    row = connection.execute(
        "select payment_id from payments where stripe_payment_intent_id = %s"
        " union select payment_id from payment_attempts where idempotency_key = %s",
        (payment_intent_id, attempt_key),
    ).fetchone()
    return None if row is None else row["payment_id"]


def _living_hold(connection: Transaction, order: Row, now: datetime) -> Row:
    if order["status"] != "pending_payment":
        raise orders.OrderNotOpenError(status=order["status"])
    hold = holds.lock(connection, order["order_id"])
    if hold["expires_at"] <= now and not attempts.is_open(connection, order["order_id"]):
        raise HoldLapsedError
    return hold


def _payment_of(connection: Transaction, order: Row, generation: int, now: datetime) -> Row:
    """The payment of the hold's generation, made where there is none; the order is locked.

    One that has ended without money is left behind, and the next generation begins.
    """
    connection.execute(
        "insert into payments (order_id, hold_generation, status, amount_cents, created_at)"
        " values (%s, %s, 'created', %s, %s) on conflict (order_id, hold_generation) do nothing",
        (order["order_id"], generation, order["total_cents"], now),
    )
    row = connection.execute(
        "select payment_id, order_id, status, amount_cents, stripe_payment_intent_id"
        " from payments where order_id = %s and hold_generation = %s",
        (order["order_id"], generation),
    ).fetchone()
    assert row is not None, "it was made above"
    if row["status"] in ("failed", "cancelled"):
        return _payment_of(connection, order, holds.outdate(connection, order["order_id"]), now)
    return row


def _give_up(connection: Transaction, payment_id: int, failure_code: str, now: datetime) -> None:
    """Nobody waits for this payment any more; if its money comes after all, `settle` ends it."""
    _lock(connection, payment_id)
    connection.execute(
        "update payments set status = 'failed', failure_code = %s, checked_at = %s,"
        " version = version + 1"
        " where payment_id = %s and status = 'created' and stripe_payment_intent_id is null",
        (failure_code, now, payment_id),
    )


def _lock(connection: Transaction, payment_id: int) -> Row:
    """The payment behind its order's lock: the order always comes first, so nobody deadlocks."""
    connection.execute(
        "select from orders where order_id ="
        " (select order_id from payments where payment_id = %s) for update",
        (payment_id,),
    )
    row = connection.execute(
        "select payment_id, order_id, status, ended_in, amount_cents, stripe_payment_intent_id"
        " from payments where payment_id = %s for update",
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
    """Of a cancelled order it is still to be asked at once: this answer may be older than that."""
    connection.execute(
        "update payments set status = %(status)s, stripe_payment_intent_id = %(intent)s,"
        " stripe_charge_id = %(charge)s, failure_code = %(failure)s,"
        " checked_at = case when orders.status = 'cancelled' then checked_at else %(now)s end,"
        " succeeded_at = case when %(status)s = 'succeeded' then %(now)s end,"
        " version = payments.version + 1 from orders"
        " where payment_id = %(payment_id)s and payments.order_id = orders.order_id",
        {
            "status": intent.status,
            "intent": intent.payment_intent_id,
            "charge": intent.charge_id,
            "failure": intent.failure_code,
            "now": now,
            "payment_id": payment_id,
        },
    )


def _end(connection: Transaction, payment: Row, now: datetime) -> None:
    """The money pays its order, or it goes back to the shopper: never both, never neither."""
    is_sale = _pays(connection, payment["order_id"], now)
    if not is_sale:
        refunds.queue_late_capture(connection, payment["payment_id"], now)
    connection.execute(
        "update payments set ended_in = %s, version = version + 1 where payment_id = %s",
        ("order" if is_sale else "refund", payment["payment_id"]),
    )


def _pays(connection: Transaction, order_id: int, now: datetime) -> bool:
    """Complete the order, unless it is paid already, was given up, or its units are gone."""
    if not _has_units(connection, order_id, now):
        return False
    deadlines.begin(connection, [order_id], now)  # first, so that the facts tell the promise
    orders.mark_paid(connection, order_id, now)
    ledger.record_sales(connection, [order_id])
    gaps.reach("paid_transfers_not_queued")
    transfers.hold(connection, [order_id])
    return True


def _has_units(connection: Transaction, order_id: int, now: datetime) -> bool:
    if holds.lock(connection, order_id)["status"] not in ("active", "lapsed"):
        return False
    try:
        with connection.transaction():  # a savepoint: what was tried for too few units is undone
            holds.consume(connection, order_id, now)
    except OutOfStockError:
        return False
    return True
