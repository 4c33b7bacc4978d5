"""Recovery: payments whose answer is missing. Stripe is asked what happened; then it is written
down.

Three kinds: an attempt that was never answered, a payment waiting for its shopper or its bank, and
an outdated PaymentIntent (its order was cancelled, its hold renewed, or the order paid otherwise):
it is cancelled too, and where its money was quicker, that money pays the order or goes back.
"""

import logging
from datetime import datetime, timedelta

from transactional import installation
from transactional.database import Database, Row, statement
from transactional.errors import MarketError
from transactional.gateway import Gateway
from transactional.payment import attempts, charging, payments

log = logging.getLogger(__name__)

# Long enough for the request that is still at it, short enough for a shopper who waits.
PATIENCE = timedelta(seconds=30)
BATCH = 50


def recover(database: Database, gateway: Gateway, now: datetime) -> int:
    """Take the missing answers up; returns how many payments were tried."""
    with database.transaction() as connection:
        unsettled = connection.execute(
            statement("unsettled_payments"), {"before": now - PATIENCE, "limit": BATCH}
        ).fetchall()
        connection.execute(
            "update payments set checked_at = %s where payment_id = any(%s)",
            (now, [row["payment_id"] for row in unsettled]),
        )
    for row in unsettled:
        _recover_one(database, gateway, row, now)
    return len(unsettled)


def _recover_one(database: Database, gateway: Gateway, row: Row, now: datetime) -> None:
    try:
        if row["attempt_id"] is not None:
            _continue(database, gateway, row, now)
        else:
            _ask_again(database, gateway, row, now)
    except MarketError as error:
        log.warning("payment pay_%s stays open: %s", row["payment_id"], error)


def _continue(database: Database, gateway: Gateway, row: Row, now: datetime) -> None:
    """Repeat the very call under its stored key: Stripe repeats its answer, or acts now."""
    with database.transaction() as connection:
        currency = installation.read(connection).currency
    payments.finish(database, gateway, charging.Begun(attempts.of_row(row), currency), now)


def _ask_again(database: Database, gateway: Gateway, row: Row, now: datetime) -> None:
    intent_id = row["payment_intent_id"]
    intent = gateway.cancel(intent_id) if row["is_outdated"] else gateway.ask(intent_id)
    with database.transaction() as connection:
        payments.settle(connection, row["payment_id"], intent, now)
