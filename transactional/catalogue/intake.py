"""A catalogue file on its way in: bytes to rows to batches, in bounded memory."""

import hashlib
from collections.abc import Callable
from datetime import datetime

import psycopg

from transactional import currencies, installation
from transactional.catalogue import categories, imports, writing
from transactional.catalogue.csv_records import Record, Records
from transactional.catalogue.imports import Claim
from transactional.catalogue.rows import (
    ROW,
    CatalogueRow,
    Fault,
    HeaderInvalidError,
    Terms,
    read_header,
    read_row,
)
from transactional.database import Database, DatabaseBusyError, Row, Transaction

BATCH = 1_000
# Every SKU of a file is remembered, to name the second row of it.
MOST_ROWS = 250_000
TRIES = 3


def terms_of(connection: Transaction) -> Terms:
    """What rows are read by now."""
    paths = categories.paths(connection)
    return Terms(
        decimals=currencies.decimals(installation.read(connection).currency),
        categories=paths,
        category_ids=frozenset(key for found in paths.values() for key in found),
    )


class Intake:
    """Takes a file's bytes chunk by chunk and keeps its good rows batch by batch."""

    def __init__(
        self,
        database: Database,
        claim: Claim,
        terms: Terms,
        encoding: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self.claim = claim
        self._terms = terms
        self._clock = clock
        self._records = Records(encoding)
        self._columns: list[str] | None = None
        self._line_of_sku: dict[str, int] = {}
        self._rows: list[CatalogueRow] = []
        self._faults: list[Fault] = []
        self._count = 0
        self._hash = hashlib.sha256()

    def take(self, chunk: bytes) -> None:
        """Raises HeaderInvalidError, ImportTakenOverError, DatabaseBusyError."""
        self._hash.update(chunk)
        for record in self._records.feed(chunk):
            self._take(record)

    def finish(self) -> Row:
        """The report, once the last row is kept. Raises as `take` does."""
        for record in self._records.feed(b"", is_last=True):
            self._take(record)
        if self._columns is None:
            raise HeaderInvalidError("the file is empty; its first line names the columns")
        self._keep_batch()
        with self._database.transaction() as connection:
            digest = self._hash.digest()
            return imports.finish(connection, self.claim, digest, self._clock())

    def _take(self, record: Record) -> None:
        if self._columns is None:
            self._columns = read_header(record)
            return
        self._count += 1
        if self._count > MOST_ROWS:
            if self._count == MOST_ROWS + 1:
                reason = f"a file has at most {MOST_ROWS} rows; send the rest as another"
                self._faults.append(Fault(record.line, ROW, reason))
            return
        row = read_row(self._columns, record, self._terms)
        if isinstance(row, CatalogueRow):
            self._take_row(row)
        else:
            self._faults += row
        if len(self._rows) + len(self._faults) >= BATCH:
            self._keep_batch()

    def _take_row(self, row: CatalogueRow) -> None:
        first = self._line_of_sku.setdefault(row.sku, row.line)
        if first == row.line:
            self._rows.append(row)
        else:
            reason = f"line {first} has this SKU already"
            self._faults.append(Fault(row.line, "sku", reason, row.sku))

    def _keep_batch(self) -> None:
        """A SKU that another writer takes meanwhile is known at the next try."""
        for _ in range(TRIES):
            try:
                self._keep_once()
            except psycopg.errors.UniqueViolation:
                continue
            self._rows, self._faults = [], []
            return
        raise DatabaseBusyError

    def _keep_once(self) -> None:
        now = self._clock()
        with self._database.transaction() as connection:
            made = writing.keep(connection, self.claim.vendor_id, self._rows, now)
            faults = self._faults + made.faults
            imports.record(connection, self.claim, made, faults, now)
