"""Lapsed holds: their orders are cancelled. They stopped counting before; this tidies up."""

from collections.abc import Sequence
from datetime import datetime

from transactional import attempts, holds, orders
from transactional.database import Database

SWEEP_BATCH = 100


def sweep(database: Database, now: datetime) -> int:
    """Cancel orders whose hold has lapsed; returns how many."""
    with database.transaction() as connection:
        lapsed = connection.execute(
            "select order_id from holds where status = 'active' and expires_at <= %s"
            " order by expires_at limit %s",
            (now, SWEEP_BATCH),
        ).fetchall()
    return sum(_expire(database, row["order_id"], now) for row in lapsed)


def sweep_offers(database: Database, offer_ids: Sequence[int], now: datetime) -> int:
    """The same for these offers: a lapsed hold must not refuse a unit to the next shopper."""
    with database.transaction() as connection:
        lapsed = connection.execute(
            "select distinct order_id from holds join hold_lines using (hold_id)"
            " where offer_id = any(%s) and status = 'active' and expires_at <= %s"
            " order by order_id limit %s",
            (list(offer_ids), now, SWEEP_BATCH),
        ).fetchall()
    return sum(_expire(database, row["order_id"], now) for row in lapsed)


def _expire(database: Database, order_id: int, now: datetime) -> int:
    with database.transaction() as connection:
        orders.lock(connection, order_id)
        hold = holds.lock(connection, order_id)
        if hold["status"] != "active" or hold["expires_at"] > now:
            return 0
        if attempts.is_open(connection, order_id):
            return 0  # Stripe may be taking the money now; recovery learns the answer first
        orders.close_unpaid(connection, order_id, now)
    return 1
