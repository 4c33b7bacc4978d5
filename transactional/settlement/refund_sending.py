"""Sending refunds: claimed with a lease and a fencing token, made at Stripe, written down."""

import logging
from datetime import datetime, timedelta
from functools import partial

from transactional import claims, gaps
from transactional.database import Database, Row, Transaction, statement
from transactional.errors import MarketError
from transactional.gateway import (
    Gateway,
    RefundAnswer,
    StripeFailureKeptError,
    StripeRefusedError,
    StripeUnavailableError,
    make_once,
)
from transactional.pauses import Pauses
from transactional.payment import payments
from transactional.settlement import refund_outcomes, refunds

log = logging.getLogger(__name__)

CLAIM_BATCH = 10
LEASE = timedelta(seconds=30)
PAUSES = Pauses(first=timedelta(seconds=4), longest=timedelta(hours=1))
# What Stripe refuses for the time being, for as long as a bank decides.
FOR_NOW = "charge_disputed"


class RefundForeignError(MarketError):
    """Stripe gave back what nobody here asked for; write it into the books by hand."""

    code = "refund_foreign"


def send(database: Database, gateway: Gateway, now: datetime) -> int:
    """Send what is due; returns how many refunds were tried."""
    with database.transaction() as connection:
        claimed = connection.execute(
            statement("claim_refunds"),
            {"now": now, "limit": CLAIM_BATCH, "lease_expires_at": now + LEASE},
        ).fetchall()
    return claims.each("refund", claimed, lambda claim: _send_one(database, gateway, claim, now))


def learn(database: Database, gateway: Gateway, stripe_refund_id: str, now: datetime) -> None:
    """Ask Stripe for a refund and make its answer ours; what is not ours changes nothing.

    Raises RefundForeignError, StripeUnavailableError, StripeRefusedError.
    """
    answer = gateway.ask_refund(stripe_refund_id)
    with database.transaction() as connection:
        refund_id = _find(connection, answer)
        if refund_id is not None:
            refund_outcomes.settle(connection, refund_id, answer, now)
        elif answer.refund_key is None and _is_of_ours(connection, answer):
            raise RefundForeignError(stripe_refund_id=stripe_refund_id)


def _send_one(database: Database, gateway: Gateway, claim: Row, now: datetime) -> None:
    try:
        answer = _refund(gateway, claim)
    except StripeFailureKeptError as error:
        _postpone(database, claim, error, now, is_key_used=True)
    except StripeUnavailableError as error:
        _postpone(database, claim, error, now)
    except StripeRefusedError as refusal:
        if refusal.details.get("stripe_code") == FOR_NOW:
            _postpone(database, claim, refusal, now, is_key_used=True)
        else:
            _refuse(database, claim, refusal, now)
    else:
        gaps.reach("refund_sent_not_marked")
        with database.transaction() as connection:
            has_debts = refund_outcomes.settle(connection, claim["refund_id"], answer, now)
        if has_debts:
            gaps.reach("refund_done_reversal_due")


def _refund(gateway: Gateway, claim: Row) -> RefundAnswer:
    intent_id, key = claim["payment_intent_id"], claim["idempotency_key"]
    return make_once(
        claim["attempts"],
        find=partial(gateway.find_refund, intent_id, key),
        make=partial(gateway.refund, intent_id, claim["amount_cents"], key),
    )


def _refuse(database: Database, claim: Row, refusal: StripeRefusedError, now: datetime) -> None:
    log.error("refund ref_%s is refused: %s", claim["refund_id"], refusal)
    with database.transaction() as connection:
        if _is_ours(connection, claim):
            code = str(refusal.details.get("stripe_code") or refusal.code)
            refund_outcomes.refuse(connection, claim["refund_id"], code, now)


def _postpone(
    database: Database, claim: Row, reason: MarketError, now: datetime, *, is_key_used: bool = False
) -> None:
    """Unless the key has had its answer, no refund, this may have been made and stays under way."""
    log.warning("refund ref_%s is postponed: %s", claim["refund_id"], reason)
    with database.transaction() as connection:
        connection.execute(
            "update refunds set lease_expires_at = %(until)s, last_error = %(reason)s,"
            " status = case when %(used)s then 'due' else status end,"
            " idempotency_key = case when %(used)s then gen_random_uuid() else idempotency_key end"
            " where refund_id = %(key)s and fencing_token = %(token)s and status = 'sending'",
            {
                "until": now + PAUSES.after(claim["attempts"]),
                "reason": str(reason),
                "used": is_key_used,
                "key": claim["refund_id"],
                "token": claim["fencing_token"],
            },
        )


def _is_ours(connection: Transaction, claim: Row) -> bool:
    """Whether the claim still stands, behind the order's lock."""
    refunds.lock(connection, claim["refund_id"])
    found = connection.execute(
        "select from refunds where refund_id = %s and fencing_token = %s and status = 'sending'",
        (claim["refund_id"], claim["fencing_token"]),
    )
    return found.rowcount == 1


def _find(connection: Transaction, answer: RefundAnswer) -> int | None:
    row = connection.execute(
        "select refund_id from refunds where stripe_refund_id = %s or idempotency_key::text = %s",
        (answer.stripe_refund_id, answer.refund_key),
    ).fetchone()
    return None if row is None else int(row["refund_id"])


def _is_of_ours(connection: Transaction, answer: RefundAnswer) -> bool:
    intent_id = answer.payment_intent_id
    return intent_id is not None and payments.find(connection, intent_id, None) is not None
