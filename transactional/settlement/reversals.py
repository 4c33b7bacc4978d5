"""Transfer reversals: what a vendor has to give back after its transfer has gone.

As far as the transfer and the vendor's balance at Stripe reach, it is reversed there; the rest is
owed and shortens the vendor's next transfers (transfers.py), like what a sale below its fees costs.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from transactional import claims, gaps
from transactional.database import Database, Row, Transaction, statement
from transactional.gateway import (
    Gateway,
    StripeFailureKeptError,
    StripeRefusedError,
    StripeUnavailableError,
    make_once,
)
from transactional.pauses import Pauses
from transactional.settlement import ledger

log = logging.getLogger(__name__)

CLAIM_BATCH = 10
LEASE = timedelta(seconds=30)
PAUSES = Pauses(first=timedelta(seconds=4), longest=timedelta(hours=1))


def demand(connection: Transaction, refund_id: int, now: datetime) -> int:
    """Demand back what a booked refund takes from vendors beyond what is left to send them.

    A waiting transfer of which nothing is left is void. The order is locked. Returns how many
    vendors have to give back.
    """
    return connection.execute(
        statement("demand_reversals"), {"refund_id": refund_id, "now": now}
    ).rowcount


def send(database: Database, gateway: Gateway, now: datetime) -> int:
    """Reverse what is due; returns how many reversals were tried."""
    with database.transaction() as connection:
        claimed = connection.execute(
            statement("claim_reversals"),
            {"now": now, "limit": CLAIM_BATCH, "lease_expires_at": now + LEASE},
        ).fetchall()
    return claims.each(
        "transfer_reversal", claimed, lambda claim: _send_one(database, gateway, claim, now)
    )


def _send_one(database: Database, gateway: Gateway, claim: Row, now: datetime) -> None:
    try:
        stripe_reversal_id = _reverse(gateway, claim)
    except StripeUnavailableError as error:
        log.warning("reversal trr_%s is postponed: %s", claim["transfer_reversal_id"], error)
        gaps.reach("refund_done_reversal_failing")
        with database.transaction() as connection:
            _postpone(connection, claim, error, now)
    except StripeRefusedError as refusal:
        log.warning("reversal trr_%s is owed: %s", claim["transfer_reversal_id"], refusal)
        with database.transaction() as connection:
            _mark(connection, claim, None, str(refusal), now)
    else:
        gaps.reach("reversal_sent_not_marked")
        with database.transaction() as connection:
            _mark(connection, claim, stripe_reversal_id, None, now)


def _reverse(gateway: Gateway, claim: Row) -> str:
    transfer, key = claim["stripe_transfer_id"], claim["idempotency_key"]
    return make_once(
        claim["attempts"],
        find=partial(gateway.find_reversal, transfer, key),
        make=partial(gateway.reverse, transfer, claim["reversible_cents"], key),
    )


def _mark(
    connection: Transaction,
    claim: Row,
    stripe_reversal_id: str | None,
    refusal: str | None,
    now: datetime,
) -> None:
    """What was reversed, if anything, and its journal; what was not is owed from now on."""
    cents = claim["reversible_cents"] if stripe_reversal_id else 0
    connection.execute("select from orders where order_id = %s for update", (claim["order_id"],))
    marked = connection.execute(
        "update transfer_reversals set reversed_cents = %(cents)s, stripe_reversal_id = %(id)s,"
        " status = case when amount_cents = %(cents)s then 'settled' else 'owed' end,"
        " settled_at = case when amount_cents = %(cents)s then %(now)s::timestamptz end,"
        " owed_at = case when amount_cents > %(cents)s then %(now)s::timestamptz end,"
        " lease_expires_at = null, last_error = %(refusal)s"
        " where transfer_reversal_id = %(key)s and fencing_token = %(token)s"
        " and status = 'sending'",
        {
            "cents": cents,
            "id": stripe_reversal_id,
            "now": now,
            "refusal": refusal,
            "key": claim["transfer_reversal_id"],
            "token": claim["fencing_token"],
        },
    )
    if marked.rowcount == 1 and cents:
        _count(connection, claim, cents, now)


def _count(connection: Transaction, claim: Row, cents: int, now: datetime) -> None:
    connection.execute(
        "update transfers set reversed_cents = reversed_cents + %s where transfer_id = %s",
        (cents, claim["transfer_id"]),
    )
    ledger.record_reversal(connection, claim, cents, now)


def _postpone(
    connection: Transaction, claim: Row, reason: StripeUnavailableError, now: datetime
) -> None:
    """It may have been made: it stays under way, and Stripe is asked before the next try.

    A key whose answer is a failure for good is renewed.
    """
    connection.execute(
        "update transfer_reversals set lease_expires_at = %s, last_error = %s, idempotency_key ="
        " case when %s then gen_random_uuid() else idempotency_key end"
        " where transfer_reversal_id = %s and fencing_token = %s and status = 'sending'",
        (
            now + PAUSES.after(claim["attempts"]),
            str(reason),
            isinstance(reason, StripeFailureKeptError),
            claim["transfer_reversal_id"],
            claim["fencing_token"],
        ),
    )
