"""A vendor's account at Stripe: the vendor's row is the intent, its stored key repeatable."""

import logging
from datetime import datetime

from transactional import facts, vendors
from transactional.database import Database, Row
from transactional.gateway import Gateway, StripeRefusedError

log = logging.getLogger(__name__)

BATCH = 20


def open_one(database: Database, gateway: Gateway, vendor_id: int, now: datetime) -> str:
    """The vendor's account, opened where there is none yet; a vendor under verification becomes
    active.

    Raises StripeUnavailableError, StripeRefusedError.
    """
    with database.transaction() as connection:
        vendor = vendors.read(connection, vendor_id)
    if vendor["stripe_account_id"] is not None:
        return str(vendor["stripe_account_id"])
    account_id = gateway.open_account(vendor_id, vendor["country"], vendor["stripe_account_key"])
    with database.transaction() as connection:
        connection.execute(
            "update vendors set stripe_account_id = %s, version = version + 1,"
            " status = case when status = 'verifying' then 'active' else status end"
            " where vendor_id = %s and stripe_account_id is null",
            (account_id, vendor_id),
        )
        facts.write_vendor(connection, vendor_id, now)
    return account_id


def open_awaited(database: Database, gateway: Gateway, now: datetime) -> int:
    """Finish vendors whose account was intended but not written down; returns how many.

    Imported vendors get theirs with their first live transfer, not thousands at once.
    """
    awaiting = _awaiting(database)
    for vendor in awaiting:
        try:
            open_one(database, gateway, vendor["vendor_id"], now)
        except StripeRefusedError as refusal:
            _reject(database, vendor["vendor_id"], refusal, now)
    return len(awaiting)


def _reject(database: Database, vendor_id: int, refusal: StripeRefusedError, now: datetime) -> None:
    """Whom Stripe will not pay cannot sell."""
    log.error("vendor ven_%s is rejected: %s", vendor_id, refusal)
    with database.transaction() as connection:
        vendors.reject(connection, vendor_id, now)


def _awaiting(database: Database) -> list[Row]:
    with database.transaction() as connection:
        return connection.execute(
            "select vendor_id from vendors where status = 'verifying' and stripe_account_id is null"
            " order by vendor_id limit %s",
            (BATCH,),
        ).fetchall()
