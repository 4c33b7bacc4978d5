"""Transfers: each vendor's net of a paid order, sent to its Stripe account exactly once.

A row with status `due` is the open task. It is claimed with a lease and a fencing token, so that a
worker that slept through its lease changes nothing when it wakes.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from transactional import ledger, vendor_accounts
from transactional.database import Database, Row, Transaction, statement
from transactional.gateway import (
    Gateway,
    Payout,
    StripeKeyMisusedError,
    StripeRefusedError,
    StripeUnavailableError,
)

log = logging.getLogger(__name__)

CLAIM_BATCH = 10
# Beyond it another worker takes over; both would send under the same key, so too short is harmless.
LEASE = timedelta(seconds=30)
FIRST_RETRY = timedelta(seconds=2)
LAST_RETRY = timedelta(hours=1)


def queue(connection: Transaction, order_ids: Sequence[int], now: datetime) -> None:
    """Owe each vendor of these paid orders its net, due at once; a net of nothing needs none."""
    connection.execute(
        "insert into transfers"
        " (order_id, vendor_order_id, vendor_id, status, amount_cents, transfer_group, due_at)"
        " select order_id, vendor_order_id, vendor_id, 'due', net_cents, 'ord_' || order_id, %s"
        " from vendor_orders where order_id = any(%s) and net_cents > 0 order by vendor_order_id",
        (now, list(order_ids)),
    )


def send(database: Database, gateway: Gateway, now: datetime) -> int:
    """Send what is due; returns how many transfers were tried."""
    with database.transaction() as connection:
        claims = connection.execute(
            statement("claim_transfers"),
            {"now": now, "limit": CLAIM_BATCH, "lease_expires_at": now + LEASE},
        ).fetchall()
    for claim in claims:
        _send_one(database, gateway, claim, now)
    return len(claims)


def _send_one(database: Database, gateway: Gateway, claim: Row, now: datetime) -> None:
    try:
        stripe_transfer_id = _pay_out(database, gateway, claim, now)
    except (StripeRefusedError, StripeUnavailableError) as error:
        log.warning("transfer tra_%s is postponed: %s", claim["transfer_id"], error)
        with database.transaction() as connection:
            _postpone(connection, claim, str(error), now)
    else:
        with database.transaction() as connection:
            _mark_sent(connection, claim, stripe_transfer_id, now)


def _pay_out(database: Database, gateway: Gateway, claim: Row, now: datetime) -> str:
    """On a second try Stripe is asked first: its keys may have lapsed, the money has not."""
    if claim["attempts"] > 1:
        found = gateway.find_payout(claim["transfer_group"], claim["idempotency_key"])
        if found is not None:
            return found
    payout = Payout(
        amount_cents=claim["amount_cents"],
        currency=claim["currency"],
        destination=vendor_accounts.open_one(database, gateway, claim["vendor_id"], now),
        transfer_group=claim["transfer_group"],
        source_charge_id=claim["source_charge_id"],
    )
    try:
        return gateway.pay_out(payout, claim["idempotency_key"])
    except StripeKeyMisusedError:
        raise
    except StripeRefusedError:
        with database.transaction() as connection:
            _renew_key(connection, claim)
        raise


def _renew_key(connection: Transaction, claim: Row) -> None:
    """Stripe keeps a refusal under its key and would repeat it for a day, whatever has changed.

    The old key has its answer, no transfer, so the next try under a new one cannot pay twice.
    """
    connection.execute(
        "update transfers set idempotency_key = gen_random_uuid()"
        " where transfer_id = %s and fencing_token = %s and status = 'due'",
        (claim["transfer_id"], claim["fencing_token"]),
    )


def _mark_sent(connection: Transaction, claim: Row, stripe_transfer_id: str, now: datetime) -> None:
    """The outcome and its journal; a worker whose claim was outdated writes neither."""
    sent = connection.execute(
        "update transfers set status = 'sent', stripe_transfer_id = %s, sent_at = %s,"
        " lease_expires_at = null, last_error = null"
        " where transfer_id = %s and fencing_token = %s and status = 'due'",
        (stripe_transfer_id, now, claim["transfer_id"], claim["fencing_token"]),
    )
    if sent.rowcount == 1:
        ledger.record_transfer(connection, claim["transfer_id"], now)


def _postpone(connection: Transaction, claim: Row, reason: str, now: datetime) -> None:
    wait = min(FIRST_RETRY * 2 ** min(claim["attempts"], 16), LAST_RETRY)
    connection.execute(
        "update transfers set lease_expires_at = %s, last_error = %s"
        " where transfer_id = %s and fencing_token = %s and status = 'due'",
        (now + wait, reason, claim["transfer_id"], claim["fencing_token"]),
    )
