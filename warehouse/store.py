"""The one file that the pipeline writes, and the lock that lets one run at a time write it."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse import ledger
from warehouse.advice import storage as advice
from warehouse.benchmarks import storage
from warehouse.errors import WarehouseBusy

FILE = "warehouse.duckdb"
MEMORY_LIMIT = "6GB"
LOCK_WAIT_SECONDS = 300.0
LOCK_POLL_SECONDS = 0.1


@contextmanager
def opened(
    folder: Path, wait_seconds: float = LOCK_WAIT_SECONDS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse in `folder` for writing, waiting for another writer to leave.

    Raises WarehouseBusy when the other one stays longer than `wait_seconds`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "warehouse.lock", wait_seconds):
        connection = duckdb.connect(
            folder / FILE,
            config={"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": False},
        )
        try:
            connection.sql("set TimeZone = 'UTC'")
            ledger.prepare(connection)
            storage.prepare(connection)
            advice.prepare(connection)
            yield connection
        finally:
            connection.close()


@contextmanager
def turn(folder: Path, wait_seconds: float = LOCK_WAIT_SECONDS) -> Iterator[None]:
    """Hold the warehouse's turn from load to publication, between which the file is opened anew.

    Without it another run could rebuild the marts between one run's checks and its publication.
    Raises WarehouseBusy like `opened`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "turn.lock", wait_seconds):
        yield


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block wrote, or nothing of it."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def _locked(path: Path, wait_seconds: float) -> Iterator[None]:
    """Hold an advisory lock that the kernel drops with the process, however it ends."""
    deadline = time.monotonic() + wait_seconds
    with path.open("w") as file:
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise WarehouseBusy(f"{path} was held for {wait_seconds:.0f} s")
            time.sleep(LOCK_POLL_SECONDS)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
