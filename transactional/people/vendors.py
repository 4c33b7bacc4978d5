"""Vendors: applied, verifying, active, suspended or rejected, moved as moves.VENDOR_MOVES says."""

from dataclasses import asdict, dataclass
from datetime import datetime

import psycopg

from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError, NotFoundError
from transactional.facts import outbox
from transactional.moves import VENDOR_MOVES

COLUMNS = (
    "vendor_id, owner_id, name, email, status, status_reason, country, region, ships_within_days,"
    " stripe_account_id, stripe_account_key, is_transfer_capable, is_payout_ready,"
    " requirements_due, account_checked_at, created_at, version"
)
REJECTABLE = tuple(sorted(source for source, target in VENDOR_MOVES if target == "rejected"))


class VendorUnknownError(NotFoundError):
    """There is no such vendor."""

    code = "vendor_unknown"


class OwnerUnknownError(NotFoundError):
    """There is no such owner; GET /v1/owners lists them."""

    code = "owner_unknown"


class VendorMoveRefusedError(ConflictError):
    """The vendor's status does not allow this; `status` tells it, `wanted` what it would become."""

    code = "vendor_move_refused"


@dataclass(frozen=True, slots=True)
class NewVendor:
    """Of the owner `owner_id`, or of a new owner with this legal name."""

    name: str
    legal_name: str | None
    country: str
    region: str | None = None
    ships_within_days: int = 2
    owner_id: int | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class VendorChange:
    """None leaves a value as it is."""

    name: str | None = None
    email: str | None = None
    ships_within_days: int | None = None


def create(connection: Transaction, new: NewVendor, now: datetime) -> int:
    """An applicant with its owner and its ledger account; where the market asks nothing of it, it
    is under verification at once. Returns its id; raises OwnerUnknownError.
    """
    try:
        row = connection.execute(statement("create_vendor"), asdict(new)).fetchone()
    except psycopg.errors.ForeignKeyViolation as error:
        raise OwnerUnknownError from error
    assert row is not None, "an insert returns its row"
    vendor_id: int = row["vendor_id"]
    outbox.write_vendor(connection, vendor_id, now)
    return vendor_id


def read(connection: Transaction, vendor_id: int) -> Row:
    """Raises VendorUnknownError."""
    return _read(connection, vendor_id, "")


def lock(connection: Transaction, vendor_id: int) -> Row:
    """The vendor, unchanged by others until this transaction ends. Raises VendorUnknownError."""
    return _read(connection, vendor_id, "for no key update")


def list_page(connection: Transaction, status: str | None, after: int, limit: int) -> list[Row]:
    """With `status` those that stand so, such as the applicants."""
    return connection.execute(
        f"select {COLUMNS} from vendors where vendor_id > %(after)s"
        " and (%(status)s::text is null or status = %(status)s)"
        " order by vendor_id limit %(limit)s",
        {"after": after, "status": status, "limit": limit},
    ).fetchall()


def list_owners(connection: Transaction, after: int, limit: int) -> list[Row]:
    """Legal entities, each with the keys of its vendors."""
    return connection.execute(
        "select owner_id, legal_name, coalesce(array_agg(vendor_id order by vendor_id)"
        " filter (where vendor_id is not null), '{}') as vendor_ids"
        " from (select * from owners where owner_id > %s order by owner_id limit %s) as owners"
        " left join vendors using (owner_id) group by owner_id, legal_name order by owner_id",
        (after, limit),
    ).fetchall()


def owned_by_shopper(connection: Transaction, shopper_id: int) -> list[int]:
    """Vendors of an owner one of whose vendors has this shopper's e-mail address."""
    rows = connection.execute(
        "select vendor_id from vendors where owner_id in (select owner_id from vendors"
        " join shoppers on lower(vendors.email) = lower(shoppers.email) where shopper_id = %s)"
        " order by vendor_id",
        (shopper_id,),
    )
    return [row["vendor_id"] for row in rows]


def change(connection: Transaction, vendor_id: int, change: VendorChange, now: datetime) -> Row:
    """Raises VendorUnknownError."""
    connection.execute(
        "update vendors set name = coalesce(%(name)s, name), email = coalesce(%(email)s, email),"
        " ships_within_days = coalesce(%(ships_within_days)s, ships_within_days),"
        " version = version + 1 where vendor_id = %(vendor_id)s",
        asdict(change) | {"vendor_id": vendor_id},
    )
    changed = read(connection, vendor_id)
    outbox.write_vendor(connection, vendor_id, now)
    return changed


def verify(connection: Transaction, vendor_id: int, now: datetime) -> None:
    """All it had to show was accepted; its account comes next."""
    _move(connection, vendor_id, ("applied",), "verifying", now)


def activate(connection: Transaction, vendor_id: int, now: datetime) -> None:
    """Stripe will pay it, so it may sell."""
    _move(connection, vendor_id, ("verifying",), "active", now)


def suspend(
    connection: Transaction, vendor_id: int, now: datetime, reason: str | None = None
) -> None:
    """Its offers leave checkout at once, and search with the fact."""
    _move(connection, vendor_id, ("active",), "suspended", now, reason)


def reinstate(connection: Transaction, vendor_id: int, now: datetime) -> None:
    _move(connection, vendor_id, ("suspended",), "active", now)


def reject(
    connection: Transaction, vendor_id: int, now: datetime, reason: str | None = None
) -> None:
    _move(connection, vendor_id, REJECTABLE, "rejected", now, reason)


def _read(connection: Transaction, vendor_id: int, locking: str) -> Row:
    row = connection.execute(
        f"select {COLUMNS} from vendors where vendor_id = %s {locking}", (vendor_id,)
    ).fetchone()
    if row is None:
        raise VendorUnknownError
    return row


def _move(
    connection: Transaction,
    vendor_id: int,
    sources: tuple[str, ...],
    target: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Raises VendorUnknownError, VendorMoveRefusedError."""
    status = lock(connection, vendor_id)["status"]
    if status not in sources:
        raise VendorMoveRefusedError(status=status, wanted=target)
    connection.execute(
        "update vendors set status = %s, status_reason = %s, version = version + 1"
        " where vendor_id = %s",
        (target, reason, vendor_id),
    )
    outbox.write_vendor(connection, vendor_id, now)
