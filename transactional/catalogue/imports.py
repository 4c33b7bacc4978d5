"""Catalogue imports: which file is on its way in, how far it is, what was refused and why.

Every batch is a transaction of its own, so that rows kept stay kept when the connection breaks off.
A repeated Idempotency-Key continues a file that broke off, or gets the report of one that did not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from transactional.catalogue.plan import Plan
from transactional.catalogue.rows import Fault
from transactional.database import Database, Row, Transaction
from transactional.errors import ConflictError, NotFoundError, RefusedError

LEASE = timedelta(seconds=60)
COLUMNS = (
    "catalogue_import_id, vendor_id, case when status = 'reading' and lease_expires_at <= %(now)s"
    " then 'broken_off' else status end as status, rows_read, rows_kept, rows_refused,"
    " offers_created, offers_changed, body_hash, started_at, finished_at"
)


class ImportUnknownError(NotFoundError):
    """There is no such catalogue import, or it is not yours."""

    code = "import_unknown"


class ImportRunningError(ConflictError):
    """Another file of this vendor is being read; wait for it, or a minute where it broke off."""

    code = "import_running"


class ImportTakenOverError(ConflictError):
    """This import was thought broken off and was begun anew elsewhere."""

    code = "import_taken_over"


class ImportKeyReusedError(RefusedError):
    """This Idempotency-Key was used for another file; take a new key for a new file."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write into an import, until someone takes it over."""

    catalogue_import_id: int
    vendor_id: int
    fencing_token: int


def begin(connection: Transaction, vendor_id: int, key: str, now: datetime) -> Claim | Row:
    """A claim on the import of this key, from its beginning; where it is finished, its report.

    Raises ImportRunningError.
    """
    connection.execute("select from vendors where vendor_id = %s for no key update", (vendor_id,))
    connection.execute(
        "update catalogue_imports set status = 'broken_off'"
        " where vendor_id = %s and status = 'reading' and lease_expires_at <= %s",
        (vendor_id, now),
    )
    found = connection.execute(
        f"select {COLUMNS} from catalogue_imports"
        " where vendor_id = %(vendor_id)s and idempotency_key = %(key)s",
        {"now": now, "vendor_id": vendor_id, "key": key},
    ).fetchone()
    if found is not None and found["status"] == "finished":
        return found
    try:
        return _claim(connection, vendor_id, key, now)
    except psycopg.errors.UniqueViolation as error:
        raise ImportRunningError from error


def record(
    connection: Transaction, claim: Claim, made: Plan, faults: Sequence[Fault], now: datetime
) -> None:
    """Note a batch that was kept, in the transaction that keeps it. Raises ImportTakenOverError."""
    refused = len({fault.line for fault in faults})
    noted = connection.execute(
        "update catalogue_imports set rows_read = rows_read + %s, rows_kept = rows_kept + %s,"
        " rows_refused = rows_refused + %s, offers_created = offers_created + %s,"
        " offers_changed = offers_changed + %s, lease_expires_at = %s"
        " where catalogue_import_id = %s and fencing_token = %s and status = 'reading'",
        (
            *(made.rows_kept + refused, made.rows_kept, refused, len(made.offers)),
            *(made.offers_changed, now + LEASE, claim.catalogue_import_id, claim.fencing_token),
        ),
    )
    if noted.rowcount == 0:
        raise ImportTakenOverError
    _write_faults(connection, claim, faults)


def finish(connection: Transaction, claim: Claim, body_hash: bytes, now: datetime) -> Row:
    """Raises ImportTakenOverError."""
    finished = connection.execute(
        "update catalogue_imports set status = 'finished', finished_at = %s, body_hash = %s"
        " where catalogue_import_id = %s and fencing_token = %s and status = 'reading'",
        (now, body_hash, claim.catalogue_import_id, claim.fencing_token),
    )
    if finished.rowcount == 0:
        raise ImportTakenOverError
    return read(connection, claim.catalogue_import_id, now)


def break_off(database: Database, claim: Claim) -> None:
    """Its rows stay; the same key continues it."""
    with database.transaction() as connection:
        connection.execute(
            "update catalogue_imports set status = 'broken_off'"
            " where catalogue_import_id = %s and fencing_token = %s and status = 'reading'",
            (claim.catalogue_import_id, claim.fencing_token),
        )


def read(connection: Transaction, catalogue_import_id: int, now: datetime) -> Row:
    """Raises ImportUnknownError."""
    row = connection.execute(
        f"select {COLUMNS} from catalogue_imports where catalogue_import_id = %(id)s",
        {"now": now, "id": catalogue_import_id},
    ).fetchone()
    if row is None:
        raise ImportUnknownError
    return row


def list_of_vendor(
    connection: Transaction, vendor_id: int, before: int, limit: int, now: datetime
) -> list[Row]:
    """Newest first."""
    return connection.execute(
        f"select {COLUMNS} from catalogue_imports where vendor_id = %(vendor_id)s"
        " and catalogue_import_id < %(before)s order by catalogue_import_id desc limit %(limit)s",
        {"now": now, "vendor_id": vendor_id, "before": before, "limit": limit},
    ).fetchall()


def faults(
    connection: Transaction, catalogue_import_id: int, after_line: int, after: str, limit: int
) -> list[Row]:
    """By line, then column; the next page begins behind the last line and column of this one."""
    return connection.execute(
        'select line, column_name as "column", reason, value from catalogue_import_errors'
        " where catalogue_import_id = %s and (line, column_name) > (%s, %s)"
        " order by line, column_name limit %s",
        (catalogue_import_id, after_line, after, limit),
    ).fetchall()


def _claim(connection: Transaction, vendor_id: int, key: str, now: datetime) -> Claim:
    row = connection.execute(
        "insert into catalogue_imports"
        " (vendor_id, status, idempotency_key, lease_expires_at, started_at)"
        " values (%(vendor_id)s, 'reading', %(key)s, %(until)s, %(now)s)"
        " on conflict (vendor_id, idempotency_key) do update set status = 'reading',"
        " rows_read = 0, rows_kept = 0, rows_refused = 0, offers_created = 0, offers_changed = 0,"
        " fencing_token = catalogue_imports.fencing_token + 1,"
        " lease_expires_at = excluded.lease_expires_at, started_at = excluded.started_at"
        " where catalogue_imports.status = 'broken_off'"
        " returning catalogue_import_id, vendor_id, fencing_token",
        {"vendor_id": vendor_id, "key": key, "until": now + LEASE, "now": now},
    ).fetchone()
    if row is None:
        raise ImportRunningError
    connection.execute(
        "delete from catalogue_import_errors where catalogue_import_id = %s",
        (row["catalogue_import_id"],),
    )
    return Claim(**row)


def _write_faults(connection: Transaction, claim: Claim, faults: Sequence[Fault]) -> None:
    connection.execute(
        "insert into catalogue_import_errors"
        " (catalogue_import_id, line, column_name, reason, value)"
        " select %s, * from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])",
        (
            claim.catalogue_import_id,
            [fault.line for fault in faults],
            [fault.column for fault in faults],
            [fault.reason for fault in faults],
            [fault.value for fault in faults],
        ),
    )
