"""A vendor's account at Stripe: the vendor's row is the intent, its stored key repeatable.

What the account may do is Stripe's to say: its flags are re-read when Stripe tells of a change, and
by a worker besides, since a webhook can be lost.
"""

import logging
from datetime import datetime, timedelta

from transactional import gaps
from transactional.database import Database, Row, Transaction
from transactional.errors import ConflictError
from transactional.gateway import Gateway, StripeRefusedError, StripeUnavailableError
from transactional.people import vendors
from transactional.people.accounts import Account, AccountLink

log = logging.getLogger(__name__)

BATCH = 20
# Whoever waits for Stripe is asked after often, the others once in a while.
ASKED_AGAIN_WHILE_WAITING = timedelta(minutes=1)
ASKED_AGAIN = timedelta(days=1)
DISOWNED = "account"


class VendorNotVerifiedError(ConflictError):
    """This vendor is still applying; GET …/onboarding says what is missing."""

    code = "vendor_not_verified"


class AccountMissingError(ConflictError):
    """This vendor has no account at Stripe yet; open it with POST …/account."""

    code = "account_missing"


def open_one(database: Database, gateway: Gateway, vendor_id: int, now: datetime) -> str:
    """The vendor's account, opened where there is none yet; a vendor under verification becomes
    active as soon as transfers can go to it. Who was rejected after it sold is still paid.

    Raises VendorUnknownError, VendorNotVerifiedError, StripeUnavailableError, StripeRefusedError.
    """
    with database.transaction() as connection:
        vendor = vendors.read(connection, vendor_id)
    if vendor["stripe_account_id"] is not None:
        return str(vendor["stripe_account_id"])
    if vendor["status"] == "applied":
        raise VendorNotVerifiedError
    opened = gateway.open_account(vendor_id, vendor["country"], vendor["stripe_account_key"])
    gaps.reach("vendor_account_opened_not_written")
    with database.transaction() as connection:
        account_id = _write_down(connection, vendor_id, opened)
    refresh(database, gateway, account_id, now)
    return account_id


def link(
    database: Database, gateway: Gateway, vendor_id: int, refresh_url: str, return_url: str
) -> AccountLink:
    """Stripe's page where the vendor answers what Stripe asks.

    Raises VendorUnknownError, AccountMissingError, StripeUnavailableError, StripeRefusedError.
    """
    with database.transaction() as connection:
        account_id = vendors.read(connection, vendor_id)["stripe_account_id"]
    if account_id is None:
        raise AccountMissingError
    return gateway.account_link(account_id, refresh_url, return_url)


def refresh(database: Database, gateway: Gateway, account_id: str, now: datetime) -> None:
    """Ask Stripe what the account may do. Raises StripeUnavailableError."""
    try:
        account = gateway.ask_account(account_id)
    except StripeRefusedError as refusal:
        log.error("account %s is not ours any more: %s", account_id, refusal)
        account = Account(account_id, False, False, (DISOWNED,))
    with database.transaction() as connection:
        learn(connection, account, now)


def learn(connection: Transaction, account: Account, now: datetime) -> None:
    """Keep Stripe's flags; a vendor under verification that transfers can go to becomes active,
    any other is told what has changed.

    An account of nobody here changes nothing.
    """
    vendor = connection.execute(
        "update vendors set is_transfer_capable = %s, is_payout_ready = %s, requirements_due = %s,"
        " account_checked_at = %s where stripe_account_id = %s returning vendor_id, status,"
        " (old.is_transfer_capable, old.is_payout_ready, old.requirements_due) is distinct from"
        " (new.is_transfer_capable, new.is_payout_ready, new.requirements_due) as has_changed",
        (
            *(account.is_transfer_capable, account.is_payout_ready),
            *(list(account.requirements_due), now, account.account_id),
        ),
    ).fetchone()
    if vendor and vendor["status"] == "verifying" and account.is_transfer_capable:
        vendors.activate(connection, vendor["vendor_id"], now)
    elif vendor and vendor["has_changed"]:
        vendors.change(connection, vendor["vendor_id"], vendors.VendorChange(), now)


def open_awaited(database: Database, gateway: Gateway, now: datetime) -> int:
    """Finish vendors whose account was intended but not written down; returns how many.

    Imported vendors get theirs with their first live transfer, not thousands at once.
    """
    return sum(_finish(database, gateway, row["vendor_id"], now) for row in _awaiting(database))


def refresh_due(database: Database, gateway: Gateway, now: datetime) -> int:
    """Ask Stripe again about accounts not heard of for a while; returns how many answered."""
    answered = 0
    for account_id in _stale(database, now):
        try:
            refresh(database, gateway, account_id, now)
        except StripeUnavailableError as error:
            log.warning("account %s is asked after later: %s", account_id, error)
        else:
            answered += 1
    return answered


def _finish(database: Database, gateway: Gateway, vendor_id: int, now: datetime) -> int:
    try:
        open_one(database, gateway, vendor_id, now)
    except StripeRefusedError as refusal:
        _reject(database, vendor_id, refusal, now)
    except StripeUnavailableError as error:
        log.warning("vendor ven_%s waits for its account: %s", vendor_id, error)
        return 0
    return 1


def _write_down(connection: Transaction, vendor_id: int, account_id: str) -> str:
    """Whichever account was written down first is the vendor's; that one is to be paid."""
    connection.execute(
        "update vendors set stripe_account_id = %s"
        " where vendor_id = %s and stripe_account_id is null",
        (account_id, vendor_id),
    )
    return str(vendors.read(connection, vendor_id)["stripe_account_id"])


def _reject(database: Database, vendor_id: int, refusal: StripeRefusedError, now: datetime) -> None:
    """Whom Stripe will not pay cannot sell; one who got an account meanwhile can."""
    with database.transaction() as connection:
        vendor = vendors.lock(connection, vendor_id)
        if vendor["status"] != "verifying" or vendor["stripe_account_id"] is not None:
            log.warning("vendor ven_%s moved on before it was rejected", vendor_id)
            return
        vendors.reject(connection, vendor_id, now, f"Stripe: {refusal}"[:1_000])
    log.error("vendor ven_%s is rejected: %s", vendor_id, refusal)


def _awaiting(database: Database) -> list[Row]:
    with database.transaction() as connection:
        return connection.execute(
            "select vendor_id from vendors where status = 'verifying' and stripe_account_id is null"
            " order by vendor_id limit %s",
            (BATCH,),
        ).fetchall()


def _stale(database: Database, now: datetime) -> list[str]:
    with database.transaction() as connection:
        rows = connection.execute(
            "select stripe_account_id from vendors where stripe_account_id is not null"
            " and (account_checked_at is null or account_checked_at <= %s"
            " or (account_checked_at <= %s and (status = 'verifying' or not is_transfer_capable)))"
            " order by account_checked_at nulls first limit %s",
            (now - ASKED_AGAIN, now - ASKED_AGAIN_WHILE_WAITING, BATCH),
        ).fetchall()
    return [row["stripe_account_id"] for row in rows]
