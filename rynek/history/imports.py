"""Importing a public data set: read, check, load, and compare what Postgres then says."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from rynek.history import complete_journey, olist, online_retail
from rynek.history.bulk import bulk_load, load
from rynek.history.errors import CurrencyMismatchError, DatasetUnknownError
from rynek.history.reading import Reading
from rynek.history.report import ImportReport
from rynek.history.totals import TotalFound, read_back

READERS: dict[str, Callable[[Path], Reading]] = {
    "olist": olist.read,
    "online-retail": online_retail.read,
    "complete-journey": complete_journey.read,
}


def import_dataset(
    name: str, directory: Path, database_url: str, console: Console | None = None
) -> ImportReport:
    """Import data set `name` (a key of READERS) from `directory`; the progress goes to `console`.

    One transaction: what cannot be imported whole leaves nothing. Known totals that do not come
    out are rolled back too, and the report says which. Raises the errors of rynek.history.errors.
    """
    if name not in READERS:
        raise DatasetUnknownError(f"There is no import {name!r}; choose {', '.join(READERS)}")
    started = time.monotonic()
    reading = READERS[name](directory)
    with bulk_load(database_url, console) as (connection, progress):
        try:
            rows = load(connection, reading.history, progress)
        except CurrencyMismatchError as mismatch:
            raise CurrencyMismatchError(f"{mismatch}: {_elsewhere(name, directory)}") from mismatch
        report = _report(reading, rows, read_back(connection, reading.source, reading.totals))
        if not report.is_exact:
            connection.rollback()
    return replace(report, seconds=time.monotonic() - started)


def _report(reading: Reading, rows: dict[str, int], found: tuple[TotalFound, ...]) -> ImportReport:
    currency = reading.history.currency
    return ImportReport(reading.source, currency, rows, reading.filled, found, reading.is_known)


def _elsewhere(name: str, directory: Path) -> str:
    return f"RYNEK_HOME=.rynek-{name} rynek import {name} {directory}"
