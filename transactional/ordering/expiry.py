"""Lapsed holds: their orders are cancelled. They stopped counting before; this tidies up.

Recovery then cancels their PaymentIntents; one that was quicker ends in an order or a refund.
"""

from collections.abc import Sequence
from datetime import datetime

from transactional import gaps
from transactional.database import Database, statement
from transactional.ordering import holds, orders
from transactional.payment import attempts

SWEEP_BATCH = 100


def sweep(database: Database, now: datetime, offer_ids: Sequence[int] | None = None) -> int:
    """Cancel orders whose hold has lapsed, at most 100; returns how many.

    With `offer_ids` only holds on these: one that lapsed must not refuse its units to the next
    shopper.
    """
    with database.transaction() as connection:
        lapsed = connection.execute(
            statement("lapsed_holds"),
            {
                "now": now,
                "offer_ids": None if offer_ids is None else list(offer_ids),
                "limit": SWEEP_BATCH,
            },
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
        holds.mark_lapsed(connection, order_id, now)
    gaps.reach("hold_expiring_while_confirming")
    return 1
