"""Disputes: the shopper's bank asks for a payment back, and decides.

While it decides, nothing of the order goes to its vendors. `settle` is the one place where Stripe's
answer counts; it may come any number of times, in any order.
"""

import logging
from datetime import datetime

from transactional.database import Database, Row, Transaction, statement
from transactional.errors import ConflictError, MarketError, NotFoundError
from transactional.facts import outbox
from transactional.gateway import (
    DisputeAnswer,
    Gateway,
    StripeRefusedError,
    StripeUnavailableError,
)
from transactional.moves import DISPUTE_MOVES, may_move
from transactional.payment import payments
from transactional.settlement import chargebacks, ledger, refunds, reversals, transfers

log = logging.getLogger(__name__)

BATCH = 10


class DisputeUnknownError(NotFoundError):
    """There is no such dispute, or it is not yours to see."""

    code = "dispute_unknown"


class DisputeMovedError(MarketError):
    """Stripe tells of a decided dispute that it is in another state; look at both before acting."""

    code = "dispute_moved"


class EvidenceGivenError(ConflictError):
    """A bank is answered once, and only while it decides."""

    code = "evidence_given"


def learn(database: Database, gateway: Gateway, stripe_dispute_id: str, now: datetime) -> None:
    """Ask Stripe for a dispute and make its answer ours; of a foreign payment it changes nothing.

    Raises DisputeMovedError, StripeUnavailableError, StripeRefusedError.
    """
    answer = gateway.ask_dispute(stripe_dispute_id)
    if answer.payment_intent_id is None:
        return
    intent = gateway.ask(answer.payment_intent_id)
    with database.transaction() as connection:
        payment_id = payments.find(connection, intent.payment_intent_id, intent.attempt_key)
        if payment_id is not None:
            # The dispute may be told of before the payment.
            payments.settle(connection, payment_id, intent, now)
            settle(connection, payment_id, answer, now)


def settle(connection: Transaction, payment_id: int, answer: DisputeAnswer, now: datetime) -> None:
    """Make Stripe's present answer ours: freeze, let go, or book what was lost.

    Raises DisputeMovedError.
    """
    payment = _lock_payment(connection, payment_id)
    dispute = _lock(connection, payment, answer)
    if _is_known(dispute, answer):
        return
    if not (dispute["status"] == answer.state or _may_become(dispute, answer)):
        raise DisputeMovedError(dispute_id=f"dsp_{dispute['dispute_id']}", told=answer.state)
    dispute = _write(connection, dispute, answer, now)
    ledger.record_dispute(
        connection, dispute, dispute["newly_taken_cents"], dispute["new_fee_cents"], now
    )
    if answer.state == "lost":
        _bear(connection, payment, dispute, now)
    _freeze_or_thaw(connection, payment["order_id"])
    connection.execute(statement("dispute_fact"), {"dispute_id": dispute["dispute_id"], "now": now})
    outbox.announce(connection)


def answer_bank(connection: Transaction, dispute_id: int, text: str) -> Row:
    """Write down what the bank is to be told; a worker tells it.

    Raises DisputeUnknownError, EvidenceGivenError.
    """
    written = connection.execute(
        "update disputes set evidence_text = %s where dispute_id = %s and evidence_text is null"
        " and status in ('open', 'under_review')",
        (text, dispute_id),
    )
    row = read(connection, dispute_id)
    if written.rowcount == 0:
        raise EvidenceGivenError(status=row["status"])
    return row


def send_evidence(database: Database, gateway: Gateway, now: datetime) -> int:
    """Tell banks what was written for them; returns how many Stripe took."""
    with database.transaction() as connection:
        rows = connection.execute(
            "select dispute_id, payment_id, stripe_dispute_id, evidence_text, evidence_key"
            " from disputes where evidence_text is not null and evidence_sent_at is null"
            " and evidence_error is null order by dispute_id limit %s",
            (BATCH,),
        ).fetchall()
    return sum(_send_one(database, gateway, row, now) for row in rows)


def read(connection: Transaction, dispute_id: int, vendor_id: int | None = None) -> Row:
    """With a vendor, only its part. Raises DisputeUnknownError."""
    rows = _details(connection, vendor_id, dispute_id=dispute_id)
    if not rows:
        raise DisputeUnknownError
    return rows[0]


def list_page(
    connection: Transaction, vendor_id: int | None, before: int | None, limit: int
) -> list[Row]:
    """Newest first, with what each vendor has in the order; with a vendor, only its own."""
    return _details(connection, vendor_id, before=before, limit=limit)


def _details(
    connection: Transaction,
    vendor_id: int | None,
    *,
    dispute_id: int | None = None,
    before: int | None = None,
    limit: int = 1,
) -> list[Row]:
    wanted = {"vendor_id": vendor_id, "dispute_id": dispute_id, "before": before, "limit": limit}
    return connection.execute(statement("dispute_detail"), wanted).fetchall()


def _lock_payment(connection: Transaction, payment_id: int) -> Row:
    """The payment behind its order's lock."""
    connection.execute(
        "select from orders where order_id ="
        " (select order_id from payments where payment_id = %s) for update",
        (payment_id,),
    )
    row = connection.execute(
        "select payment_id, order_id, ended_in from payments where payment_id = %s", (payment_id,)
    ).fetchone()
    assert row is not None, "callers hold a payment's key"
    return row


def _lock(connection: Transaction, payment: Row, answer: DisputeAnswer) -> Row:
    """The dispute's row, written where it is new; the order is locked."""
    connection.execute(
        "insert into disputes (order_id, payment_id, stripe_dispute_id, status, reason,"
        " amount_cents, opened_at, version) values (%s, %s, %s, 'open', %s, %s, %s, 0)"
        " on conflict do nothing",
        (
            payment["order_id"],
            payment["payment_id"],
            answer.stripe_dispute_id,
            answer.reason,
            answer.amount_cents,
            answer.opened_at,
        ),
    )
    row = connection.execute(
        "select dispute_id, status, taken_cents, fee_cents, evidence_due_at, version from disputes"
        " where stripe_dispute_id = %s for update",
        (answer.stripe_dispute_id,),
    ).fetchone()
    assert row is not None, "it was written above"
    return row


def _is_known(dispute: Row, answer: DisputeAnswer) -> bool:
    """Whether the answer is no news; what became of a lost dispute is booked once."""
    if dispute["status"] == "lost":
        return answer.state == "lost"
    told = (answer.state, answer.taken_cents, answer.fee_cents, answer.evidence_due_at)
    names = ("status", "taken_cents", "fee_cents", "evidence_due_at")
    return bool(dispute["version"] and told == tuple(dispute[name] for name in names))


def _may_become(dispute: Row, answer: DisputeAnswer) -> bool:
    return may_move(DISPUTE_MOVES, dispute["status"], answer.state)


def _write(connection: Transaction, dispute: Row, answer: DisputeAnswer, now: datetime) -> Row:
    """Returns the new row, with what came to be taken since: newly_taken_cents, new_fee_cents."""
    # Money is taken until the dispute is won, and only comes back then: an answer that says
    # otherwise is older than the one before.
    later = min if answer.state == "won" else max
    taken = later(dispute["taken_cents"], answer.taken_cents)
    fee = later(dispute["fee_cents"], answer.fee_cents)
    row = connection.execute(
        "update disputes set status = %(status)s, taken_cents = %(taken)s, fee_cents = %(fee)s,"
        " amount_cents = %(amount)s, evidence_due_at = %(due)s, closed_at = case"
        " when %(status)s in ('won', 'lost') then coalesce(closed_at, %(now)s) end,"
        " version = version + 1 where dispute_id = %(key)s"
        " returning dispute_id, order_id, version, taken_cents",
        {
            "status": answer.state,
            "taken": taken,
            "fee": fee,
            "amount": answer.amount_cents,
            "due": answer.evidence_due_at,
            "now": now,
            "key": dispute["dispute_id"],
        },
    ).fetchone()
    assert row is not None, "its row is locked"
    return row | {
        "newly_taken_cents": taken - dispute["taken_cents"],
        "new_fee_cents": fee - dispute["fee_cents"],
    }


def _bear(connection: Transaction, payment: Row, dispute: Row, now: datetime) -> None:
    """What was lost is shared like a refund, and demanded back where transfers have gone."""
    cents = dispute["taken_cents"]
    kept_cents = chargebacks.give_up_waiting(connection, payment["payment_id"], cents, now)
    refund_id = chargebacks.charge_back(connection, payment, cents - kept_cents, now)
    ledger.record_lost_dispute(connection, dispute, refund_id, kept_cents, now)
    if refund_id is not None:
        reversals.demand(connection, refund_id, now)


def _freeze_or_thaw(connection: Transaction, order_id: int) -> None:
    """By whether any dispute of the order is still open."""
    try:
        refunds.refuse_disputed(connection, order_id)
    except refunds.OrderDisputedError:
        transfers.freeze(connection, order_id)
    else:
        transfers.thaw(connection, order_id)


def _send_one(database: Database, gateway: Gateway, row: Row, now: datetime) -> int:
    try:
        answer = gateway.submit_evidence(
            row["stripe_dispute_id"], row["evidence_text"], row["evidence_key"]
        )
    except StripeUnavailableError as error:
        log.warning("evidence for dsp_%s waits: %s", row["dispute_id"], error)
    except StripeRefusedError as refusal:
        log.error("evidence for dsp_%s is refused: %s", row["dispute_id"], refusal)
        with database.transaction() as connection:
            connection.execute(
                "update disputes set evidence_error = %s where dispute_id = %s",
                (str(refusal), row["dispute_id"]),
            )
    else:
        with database.transaction() as connection:
            settle(connection, row["payment_id"], answer, now)
            connection.execute(
                "update disputes set evidence_sent_at = %s where dispute_id = %s",
                (now, row["dispute_id"]),
            )
        return 1
    return 0
