"""How fast a first load is, beside the fastest that Postgres can hand out the same columns."""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from warehouse import store
from warehouse.load import load
from warehouse.tables import TABLES, SourceTable


@dataclass(frozen=True)
class LoadSpeed:
    """Seconds of each round: a whole first load, and a bare binary COPY of the same rows."""

    rows: int
    load_seconds: tuple[float, ...]
    copy_seconds: tuple[float, ...]

    @property
    def load_rows_per_second(self) -> float:
        return self.rows / statistics.median(self.load_seconds)

    @property
    def copy_rows_per_second(self) -> float:
        return self.rows / statistics.median(self.copy_seconds)

    @property
    def ratio(self) -> float:
        return self.load_rows_per_second / self.copy_rows_per_second


def measure_load(database_url: str, repetitions: int) -> LoadSpeed:
    """Load and copy in turn, so that both meet the same caches and neighbours; compare medians.

    The load is all of it: contract, rows, checksums, the source's counts by day, the barrier and
    the durable commit. The copy throws its bytes away. The pipelines' role suffices for both.
    """
    loads, copies, rows = [], [], 0
    for _ in range(repetitions):
        seconds, rows = timed(lambda: load_afresh(database_url))
        loads.append(seconds)
        copies.append(timed(lambda: copy_all(database_url))[0])
    return LoadSpeed(rows, tuple(loads), tuple(copies))


def load_afresh(database_url: str) -> int:
    """Load everything into a new warehouse, thrown away afterwards; return the rows."""
    with tempfile.TemporaryDirectory() as folder, store.opened(Path(folder)) as connection:
        return load(connection, database_url).rows_loaded


def copy_all(database_url: str) -> int:
    """Read the loaded columns as binary COPY sends them; return the bytes."""
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        return sum(_copy(cursor, table) for table in TABLES)


def _copy(cursor: psycopg.Cursor[tuple[object, ...]], table: SourceTable) -> int:
    # A partitioned table can only be copied through a query.
    columns = ", ".join(table.columns)
    query = f"copy (select {columns} from {table.name}) to stdout (format binary)"
    with cursor.copy(query.encode()) as rows:
        return sum(len(block) for block in rows)


def timed(work: Callable[[], int]) -> tuple[float, int]:
    started = time.perf_counter()
    answer = work()
    return time.perf_counter() - started, answer
