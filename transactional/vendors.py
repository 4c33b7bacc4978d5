"""Vendors: verified by their Stripe account, active, suspended, reinstated."""

from dataclasses import asdict, dataclass
from datetime import datetime

from transactional import facts
from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError, NotFoundError

COLUMNS = (
    "vendor_id, name, status, country, region, ships_within_days,"
    " stripe_account_id, stripe_account_key, created_at, version"
)


class VendorUnknownError(NotFoundError):
    """There is no such vendor."""

    code = "vendor_unknown"


class VendorMoveRefusedError(ConflictError):
    """Only an active vendor can be suspended, and only a suspended one reinstated."""

    code = "vendor_move_refused"


@dataclass(frozen=True, slots=True)
class NewVendor:
    name: str
    legal_name: str
    country: str
    region: str | None = None
    ships_within_days: int = 2


def create(connection: Transaction, new: NewVendor, now: datetime) -> int:
    """A vendor under verification, with its owner and its ledger account; returns its id."""
    row = connection.execute(statement("create_vendor"), asdict(new)).fetchone()
    assert row is not None, "an insert returns its row"
    facts.write_vendor(connection, row["vendor_id"], now)
    vendor_id: int = row["vendor_id"]
    return vendor_id


def read(connection: Transaction, vendor_id: int) -> Row:
    """Raises VendorUnknownError."""
    row = connection.execute(
        f"select {COLUMNS} from vendors where vendor_id = %s",
        (vendor_id,),
    ).fetchone()
    if row is None:
        raise VendorUnknownError
    return row


def list_page(connection: Transaction, after: int, limit: int) -> list[Row]:
    return connection.execute(
        f"select {COLUMNS} from vendors where vendor_id > %s order by vendor_id limit %s",
        (after, limit),
    ).fetchall()


def suspend(connection: Transaction, vendor_id: int, now: datetime) -> None:
    """Its offers leave checkout at once. Raises VendorUnknownError, VendorMoveRefusedError."""
    _move(connection, vendor_id, "active", "suspended", now)


def reject(connection: Transaction, vendor_id: int, now: datetime) -> None:
    """Raises VendorUnknownError, VendorMoveRefusedError."""
    _move(connection, vendor_id, "verifying", "rejected", now)


def reinstate(connection: Transaction, vendor_id: int, now: datetime) -> None:
    """Raises VendorUnknownError, VendorMoveRefusedError."""
    _move(connection, vendor_id, "suspended", "active", now)


def _move(
    connection: Transaction, vendor_id: int, from_status: str, to_status: str, now: datetime
) -> None:
    moved = connection.execute(
        "update vendors set status = %s, version = version + 1"
        " where vendor_id = %s and status = %s",
        (to_status, vendor_id, from_status),
    )
    if moved.rowcount == 0:
        raise VendorMoveRefusedError(status=read(connection, vendor_id)["status"])
    facts.write_vendor(connection, vendor_id, now)
