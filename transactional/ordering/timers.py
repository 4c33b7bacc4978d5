"""The durable timers of vendor orders: each fires once, in the transaction of its effect.

A timer is true at query time; this worker only acts on it. A vendor order that has moved on voids
its timers when they come due. What fires is a fact of its own, and notifications come from that.
"""

import logging
from datetime import datetime, timedelta

from transactional.database import Database, Row, Transaction
from transactional.errors import MarketError, UnavailableError
from transactional.facts import outbox
from transactional.ids import external
from transactional.ordering import fulfilment, orders

log = logging.getLogger(__name__)

BATCH = 50
# A timer that cannot fire makes room for the others.
POSTPONED_BY = timedelta(minutes=10)


def fire(database: Database, now: datetime) -> int:
    """Fire or void what is due; returns how many timers were tried."""
    with database.transaction() as connection:
        due = connection.execute(
            "select timer_id, vendor_order_id, order_id, vendor_id, kind from timers"
            " join vendor_orders using (vendor_order_id)"
            " where fired_at is null and not is_void and due_at <= %s"
            " order by due_at, timer_id limit %s",
            (now, BATCH),
        ).fetchall()
    for timer in due:
        _fire_one(database, timer, now)
    return len(due)


def _fire_one(database: Database, timer: Row, now: datetime) -> None:
    try:
        with database.transaction() as connection:
            _act(connection, timer, now)
    except UnavailableError:
        raise
    except MarketError as error:
        log.error("timer %s cannot fire: %s", timer["timer_id"], error)
        with database.transaction() as connection:
            connection.execute(
                "update timers set due_at = %s where timer_id = %s and fired_at is null",
                (now + POSTPONED_BY, timer["timer_id"]),
            )


def _act(connection: Transaction, timer: Row, now: datetime) -> None:
    """The order's lock comes first; whoever has it sees the timer as the last one left it."""
    orders.lock(connection, timer["order_id"])
    claimed = connection.execute(
        "select vendor_orders.status, vendor_orders.version, vendor_orders.ship_by_at"
        " from timers join vendor_orders using (vendor_order_id)"
        " where timer_id = %s and fired_at is null and not is_void for update of timers",
        (timer["timer_id"],),
    ).fetchone()
    if claimed is None:
        return
    if claimed["status"] != "paid":
        _settle(connection, timer, "is_void = true, fired_at = null", now)
        return
    _settle(connection, timer, "fired_at = %(now)s", now)
    if timer["kind"] == "ship_cancellation":
        fulfilment.cancel(connection, timer["vendor_order_id"], "not_shipped", now)
    else:
        _tell(connection, timer, claimed, now)


def _settle(connection: Transaction, timer: Row, change: str, now: datetime) -> None:
    connection.execute(
        f"update timers set {change} where timer_id = %(timer_id)s",
        {"now": now, "timer_id": timer["timer_id"]},
    )


def _tell(connection: Transaction, timer: Row, vendor_order: Row, now: datetime) -> None:
    payload = {
        "vendor_order_id": timer["vendor_order_id"],
        "order_id": timer["order_id"],
        "vendor_id": timer["vendor_id"],
        "kind": timer["kind"],
        "ship_by_at": vendor_order["ship_by_at"].isoformat(),
    }
    key = external("vor", timer["vendor_order_id"])
    outbox.write(connection, "timer.fired", key, vendor_order["version"], payload, now)
