"""Renewed holds: the units of an unpaid order are kept anew, under the next generation of its hold.

The PaymentIntents of earlier generations are cancelled at Stripe first. Where one was quicker, its
money pays the order, and nothing is left to renew.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from transactional.checkout.carts import OfferUnavailableError
from transactional.database import Database, Row, Transaction
from transactional.errors import ConflictError
from transactional.facts import outbox
from transactional.gateway import Gateway
from transactional.ids import external
from transactional.ordering import holds, orders
from transactional.ordering.orders import HOLD_LASTS
from transactional.payment import attempts, payments

# Prices and rates are frozen on the order: nobody may keep them for ever.
RENEWABLE_FOR = timedelta(hours=24)
MOST_GENERATIONS = 20


class OrderNotRenewableError(ConflictError):
    """This order is too old, or was renewed too often; place a new one."""

    code = "order_not_renewable"


def begin(connection: Transaction, order_id: int, now: datetime) -> Sequence[Row]:
    """The order's PaymentIntents that must end before its units are kept anew; none where its hold
    is alive.

    Raises OrderUnknownError, OrderNotOpenError, OrderNotRenewableError, OfferUnavailableError,
    PaymentInProgressError.
    """
    order = orders.lock(connection, order_id)
    if order["status"] == "paid":
        raise orders.OrderNotOpenError(status=order["status"])
    hold = holds.lock(connection, order_id)
    if _is_alive(hold, now):
        return ()
    _refuse_old(connection, order_id, hold["generation"], now)
    _refuse_unavailable(connection, order_id)
    attempts.refuse_open(connection, order_id)
    return payments.open_intents(connection, order_id)


def end_outdated(
    database: Database, gateway: Gateway, outdated: Sequence[Row], now: datetime
) -> None:
    """Cancel these PaymentIntents; whatever became of them is settled. Raises
    StripeUnavailableError."""
    for payment in outdated:
        intent = gateway.cancel(payment["payment_intent_id"])
        with database.transaction() as connection:
            payments.settle(connection, payment["payment_id"], intent, now)


def finish(connection: Transaction, order_id: int, now: datetime) -> None:
    """Keep the units for another 15 minutes, unless the order is paid or its hold alive by now.

    Raises OutOfStockError; PaymentInProgressError where money may still come.
    """
    order = orders.lock(connection, order_id)
    if order["status"] == "paid" or _is_alive(holds.lock(connection, order_id), now):
        return
    attempts.refuse_open(connection, order_id)
    if payments.open_intents(connection, order_id):
        raise attempts.PaymentInProgressError
    holds.renew(connection, order_id, now + HOLD_LASTS, now)
    if order["status"] == "cancelled":
        _reopen(connection, order_id, now)


def _is_alive(hold: Row, now: datetime) -> bool:
    return hold["status"] == "active" and bool(hold["expires_at"] > now)


def _refuse_old(connection: Transaction, order_id: int, generation: int, now: datetime) -> None:
    recent = connection.execute(
        "select from orders where order_id = %s and placed_at > %s", (order_id, now - RENEWABLE_FOR)
    )
    if generation >= MOST_GENERATIONS or recent.rowcount == 0:
        raise OrderNotRenewableError


def _refuse_unavailable(connection: Transaction, order_id: int) -> None:
    """What was taken off sale meanwhile is not kept for anybody."""
    rows = connection.execute(
        "select distinct offer_id from order_lines join offers using (offer_id)"
        " join vendors on offers.vendor_id = vendors.vendor_id"
        " where order_id = %s and (offers.status <> 'active' or vendors.status <> 'active')"
        " order by offer_id",
        (order_id,),
    ).fetchall()
    if rows:
        raise OfferUnavailableError(offers=[external("off", row["offer_id"]) for row in rows])


def _reopen(connection: Transaction, order_id: int, now: datetime) -> None:
    connection.execute(
        "update orders set status = 'pending_payment', cancelled_at = null, version = version + 1"
        " where order_id = %s",
        (order_id,),
    )
    reopened = connection.execute(
        "update vendor_orders set status = 'pending_payment', cancelled_at = null,"
        " cancel_reason = null, version = version + 1"
        " where order_id = %s returning vendor_order_id",
        (order_id,),
    ).fetchall()
    outbox.write_vendor_orders(connection, [row["vendor_order_id"] for row in reopened], now)
