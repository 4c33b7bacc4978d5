"""Transfers: each vendor's net of a paid order, held until delivery and the dispute window after
it, then sent to its Stripe account exactly once.

A row with status `due` is the open task. It is claimed with a lease and a fencing token, so that a
worker that slept through its lease changes nothing when it wakes. Claiming fixes its amount: what
refunds left of the net, shortened by what the vendor owes from before (reversals.py).
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from transactional import claims, gaps
from transactional.database import Database, Row, Transaction, statement
from transactional.gateway import (
    Gateway,
    Payout,
    StripeFailureKeptError,
    StripeKeyMisusedError,
    StripeRefusedError,
    StripeUnavailableError,
    make_once,
)
from transactional.pauses import Pauses
from transactional.people import vendor_accounts
from transactional.settlement import ledger

log = logging.getLogger(__name__)

CLAIM_BATCH = 10
# Beyond it another worker takes over; both would send under the same key, so too short is harmless.
LEASE = timedelta(seconds=30)
PAUSES = Pauses(first=timedelta(seconds=4), longest=timedelta(hours=1))


def hold(connection: Transaction, order_ids: Sequence[int]) -> None:
    """Owe each vendor of these paid orders its net, held until the vendor order is delivered."""
    connection.execute(statement("hold_transfers"), {"order_ids": list(order_ids)})


def release(connection: Transaction, vendor_order_id: int, delivered_at: datetime) -> None:
    """Let a delivered vendor order's transfer go when the dispute window after it ends.

    A frozen one stays frozen; a void one has nothing to send.
    """
    connection.execute(
        "update transfers set"
        " due_at = %s + make_interval(days => installation.dispute_window_days),"
        " status = case when status = 'held' then 'due' else status end"
        " from installation"
        " where vendor_order_id = %s and status in ('held', 'frozen')",
        (delivered_at, vendor_order_id),
    )


def freeze(connection: Transaction, order_id: int) -> None:
    """Keep what has not gone yet, for as long as a bank decides about the locked order."""
    connection.execute(
        "update transfers set status = 'frozen' from vendor_orders"
        " where transfers.vendor_order_id = vendor_orders.vendor_order_id"
        " and vendor_orders.order_id = %s and transfers.status in ('held', 'due')",
        (order_id,),
    )


def thaw(connection: Transaction, order_id: int) -> None:
    """Let go on what was frozen, from where it was."""
    connection.execute(
        "update transfers set status = case when due_at is null then 'held' else 'due' end"
        " from vendor_orders where transfers.vendor_order_id = vendor_orders.vendor_order_id"
        " and vendor_orders.order_id = %s and transfers.status = 'frozen'",
        (order_id,),
    )


def send(database: Database, gateway: Gateway, now: datetime) -> int:
    """Send what is due; returns how many transfers were tried."""
    with database.transaction() as connection:
        due = connection.execute(
            statement("due_transfers"), {"now": now, "limit": CLAIM_BATCH}
        ).fetchall()
        claimed = _claim(connection, due, now)
    claims.each("transfer", claimed, lambda claim: _send_one(database, gateway, claim, now))
    return len(due)


def _claim(connection: Transaction, due: Sequence[Row], now: datetime) -> list[Row]:
    """The orders are locked; then the vendors' debts, so that none is netted twice."""
    connection.execute(
        "select from transfer_reversals where status = 'owed' and vendor_id = any(%s)"
        " order by transfer_reversal_id for update",
        ([row["vendor_id"] for row in due],),
    )
    return connection.execute(
        statement("claim_transfers"),
        {
            "transfer_ids": [row["transfer_id"] for row in due],
            "now": now,
            "lease_expires_at": now + LEASE,
        },
    ).fetchall()


def _send_one(database: Database, gateway: Gateway, claim: Row, now: datetime) -> None:
    try:
        stripe_transfer_id = _pay_out(database, gateway, claim, now)
    except (StripeRefusedError, StripeUnavailableError) as error:
        log.warning("transfer tra_%s is postponed: %s", claim["transfer_id"], error)
        with database.transaction() as connection:
            _postpone(connection, claim, error, now)
    else:
        gaps.reach("transfer_sent_not_marked")
        with database.transaction() as connection:
            _mark_sent(connection, claim, stripe_transfer_id, now)


def _pay_out(database: Database, gateway: Gateway, claim: Row, now: datetime) -> str:
    group, key = claim["transfer_group"], claim["idempotency_key"]
    payout = Payout(
        amount_cents=claim["amount_cents"],
        currency=claim["currency"],
        destination=vendor_accounts.open_one(database, gateway, claim["vendor_id"], now),
        transfer_group=group,
        source_charge_id=claim["source_charge_id"],
    )
    return make_once(
        claim["attempts"],
        find=partial(gateway.find_payout, group, key),
        make=partial(gateway.pay_out, payout, key),
    )


def _mark_sent(connection: Transaction, claim: Row, stripe_transfer_id: str, now: datetime) -> None:
    """The outcome and its journal; a worker whose claim was outdated writes neither.

    The order is locked first, as everywhere: its journal would lock it last, and a refund's end
    that holds it waits for the transfer.
    """
    connection.execute("select from orders where order_id = %s for update", (claim["order_id"],))
    sent = connection.execute(
        "update transfers set status = 'sent', stripe_transfer_id = %s, sent_at = %s,"
        " lease_expires_at = null, last_error = null"
        " where transfer_id = %s and fencing_token = %s and status = 'sending'",
        (stripe_transfer_id, now, claim["transfer_id"], claim["fencing_token"]),
    )
    if sent.rowcount == 1:
        ledger.record_transfer(connection, claim["transfer_id"], now)


def _postpone(
    connection: Transaction,
    claim: Row,
    reason: StripeRefusedError | StripeUnavailableError,
    now: datetime,
) -> None:
    """Without an answer it may have been sent: it stays under way, and its amount fixed.

    A refusal, which Stripe keeps under its key and would repeat for a day whatever has changed, is
    an answer: no transfer. The next try works its amount out anew and takes a new key.
    """
    connection.execute(
        "update transfers set lease_expires_at = %(until)s, last_error = %(reason)s,"
        " status = case when %(is_answered)s then 'due' else status end,"
        " idempotency_key = case when %(is_answered)s then gen_random_uuid()"
        " else idempotency_key end"
        " where transfer_id = %(key)s and fencing_token = %(token)s and status = 'sending'",
        {
            "until": now + PAUSES.after(claim["attempts"]),
            "reason": str(reason),
            "is_answered": _is_answer(reason),
            "key": claim["transfer_id"],
            "token": claim["fencing_token"],
        },
    )


def _is_answer(reason: StripeRefusedError | StripeUnavailableError) -> bool:
    if isinstance(reason, StripeKeyMisusedError):
        return False
    return isinstance(reason, StripeRefusedError | StripeFailureKeptError)
