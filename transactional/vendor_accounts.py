"""A vendor's account at Stripe: the vendor's row is the intent, its stored key repeatable."""

import logging
from datetime import datetime

from transactional import facts, vendors
from transactional.database import Database, Row, Transaction
from transactional.gateway import Gateway, StripeRefusedError, StripeUnavailableError
from transactional.vendors import VendorMoveRefusedError

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
        return _write_down(connection, vendor_id, account_id, now)


def open_awaited(database: Database, gateway: Gateway, now: datetime) -> int:
    """Finish vendors whose account was intended but not written down; returns how many.

    Imported vendors get theirs with their first live transfer, not thousands at once.
    """
    return sum(_finish(database, gateway, row["vendor_id"], now) for row in _awaiting(database))


def _finish(database: Database, gateway: Gateway, vendor_id: int, now: datetime) -> int:
    try:
        open_one(database, gateway, vendor_id, now)
    except StripeRefusedError as refusal:
        _reject(database, vendor_id, refusal, now)
    except StripeUnavailableError as error:
        log.warning("vendor ven_%s waits for its account: %s", vendor_id, error)
        return 0
    return 1


def _write_down(connection: Transaction, vendor_id: int, account_id: str, now: datetime) -> str:
    """Whichever account was written down first is the vendor's; that one is to be paid."""
    opened = connection.execute(
        "update vendors set stripe_account_id = %s, version = version + 1,"
        " status = case when status = 'verifying' then 'active' else status end"
        " where vendor_id = %s and stripe_account_id is null",
        (account_id, vendor_id),
    )
    if opened.rowcount == 1:
        facts.write_vendor(connection, vendor_id, now)
    return str(vendors.read(connection, vendor_id)["stripe_account_id"])


def _reject(database: Database, vendor_id: int, refusal: StripeRefusedError, now: datetime) -> None:
    """Whom Stripe will not pay cannot sell; one who got an account meanwhile can."""
    try:
        with database.transaction() as connection:
            vendors.reject(connection, vendor_id, now)
    except VendorMoveRefusedError as moved:
        log.warning("vendor ven_%s moved on before it was rejected: %s", vendor_id, moved)
    else:
        log.error("vendor ven_%s is rejected: %s", vendor_id, refusal)


def _awaiting(database: Database) -> list[Row]:
    with database.transaction() as connection:
        return connection.execute(
            "select vendor_id from vendors where status = 'verifying' and stripe_account_id is null"
            " order by vendor_id limit %s",
            (BATCH,),
        ).fetchall()
