"""Importing a public data set: read, check, load, and compare what Postgres then says."""

import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from rich.console import Console

from rynek.history import complete_journey, olist, online_retail
from rynek.history.bulk import load
from rynek.history.copying import progress_on
from rynek.history.errors import CurrencyMismatchError, DatasetUnknownError
from rynek.history.reading import Reading
from rynek.history.report import ImportReport
from rynek.history.totals import read_back

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
    console = console or Console(stderr=True)
    with psycopg.connect(database_url) as connection, progress_on(console) as progress:
        try:
            rows = load(connection, reading.history, progress)
        except CurrencyMismatchError as mismatch:
            raise CurrencyMismatchError(f"{mismatch}: {_elsewhere(name, directory)}") from mismatch
        found = read_back(connection, reading.history.source, reading.totals)
        report = ImportReport(
            reading.history.source, reading.history.currency, rows, reading.filled, found,
            reading.is_known, time.monotonic() - started,
        )  # fmt: skip
        if not report.is_exact:
            connection.rollback()
    return report


def _elsewhere(name: str, directory: Path) -> str:
    return f"RYNEK_HOME=.rynek-{name} rynek import {name} {directory}"
