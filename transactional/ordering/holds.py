"""Holds: units kept for one order while it is alive; `expires_at` decides whether it is."""

from datetime import datetime, timedelta

from transactional.database import Row, Transaction
from transactional.ordering import stock

# A payment that begins just before the hold lapses keeps it for as long as Stripe may take to
# answer.
PAYMENT_GRACE = timedelta(minutes=2)


def lock(connection: Transaction, order_id: int) -> Row:
    row = connection.execute(
        "select status, generation, expires_at from holds where order_id = %s for update",
        (order_id,),
    ).fetchone()
    assert row is not None, "an order is placed with its hold"
    return row


def keep_for_payment(connection: Transaction, order_id: int, now: datetime) -> None:
    connection.execute(
        "update holds set expires_at = greatest(expires_at, %s) where order_id = %s",
        (now + PAYMENT_GRACE, order_id),
    )


def outdate(connection: Transaction, order_id: int) -> int:
    """The next generation of a locked order's hold; what belongs to earlier ones is outdated."""
    row = connection.execute(
        "update holds set generation = generation + 1 where order_id = %s returning generation",
        (order_id,),
    ).fetchone()
    assert row is not None, "an order is placed with its hold"
    generation: int = row["generation"]
    return generation


def release(connection: Transaction, order_id: int, now: datetime) -> None:
    """Give a locked order's held units back; its PaymentIntent is to be cancelled at once."""
    _settle(connection, order_id, "released", now)
    stock.move(connection, stock.RELEASE, units(connection, order_id), now, order_id)
    connection.execute(
        "update payments set checked_at = null where order_id = %s"
        " and status in ('requires_payment', 'requires_action', 'processing')",
        (order_id,),
    )


def mark_lapsed(connection: Transaction, order_id: int, now: datetime) -> None:
    """A released hold ran out by itself: money that comes late may have its units again."""
    _settle(connection, order_id, "lapsed", now)


def renew(connection: Transaction, order_id: int, until: datetime, now: datetime) -> None:
    """Keep a locked, unpaid order's units anew, under the next generation.

    Raises OutOfStockError where its hold had ended and the units are gone.
    """
    if lock(connection, order_id)["status"] != "active":
        stock.move(connection, stock.HOLD, units(connection, order_id), now, order_id)
    outdate(connection, order_id)
    connection.execute(
        "update holds set status = 'active', expires_at = %s, settled_at = null"
        " where order_id = %s",
        (until, order_id),
    )


def consume(connection: Transaction, order_id: int, now: datetime) -> None:
    """Turn a locked order's held units into sold ones.

    A hold that has ended takes free units instead; raises OutOfStockError where there are none.
    """
    hold = lock(connection, order_id)
    movement = stock.SELL if hold["status"] == "active" else stock.SELL_UNHELD
    stock.move(connection, movement, units(connection, order_id), now, order_id)
    _settle(connection, order_id, "consumed", now)


def units(connection: Transaction, order_id: int) -> dict[int, int]:
    """Units per offer id, in key order."""
    rows = connection.execute(
        "select offer_id, sum(quantity)::bigint as quantity from order_lines"
        " where order_id = %s group by offer_id order by offer_id",
        (order_id,),
    )
    return {row["offer_id"]: row["quantity"] for row in rows}


def _settle(connection: Transaction, order_id: int, status: str, now: datetime) -> None:
    connection.execute(
        "update holds set status = %s, settled_at = %s where order_id = %s", (status, now, order_id)
    )
