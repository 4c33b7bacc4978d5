"""Monthly Parquet files: immutable, named by their content, only changed months written anew."""

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb

from warehouse.errors import SnapshotCorrupt
from warehouse.manifest import MonthFile, sync_folder
from warehouse.snapshot import sha256

DIGEST_CHARACTERS = 16


def write_months(
    connection: duckdb.DuckDBPyConnection,
    published: Path,
    table: str,
    day: str,
    earlier: Iterable[MonthFile],
) -> tuple[MonthFile, ...]:
    """Write `marts.<table>` by month of its column `day` into `<published>/<table>/`.

    A month whose rows are those of an earlier file, still in place, keeps that file.
    """
    (published / table).mkdir(exist_ok=True)
    known = {
        (file.month, file.fingerprint): file
        for file in earlier
        if (published / file.path).is_file()
    }
    files = []
    for first, rows, fingerprint in _fingerprints(connection, table, day):
        file = known.get((f"{first:%Y-%m}", fingerprint))
        files.append(file or _write(connection, published, table, day, first, rows, fingerprint))
    sync_folder(published / table)
    return tuple(files)


def _fingerprints(
    connection: duckdb.DuckDBPyConnection, table: str, day: str
) -> list[tuple[date, int, str]]:
    return connection.sql(f"""
        select date_trunc('month', {day})::date as first, count(*), sum(hash(t))::varchar
        from marts.{table} as t
        group by 1 order by 1
    """).fetchall()


def _write(
    connection: duckdb.DuckDBPyConnection,
    published: Path,
    table: str,
    day: str,
    first: date,
    rows: int,
    fingerprint: str,
) -> MonthFile:
    name = f"{first:%Y-%m}"
    fresh = published / table / f".{name}.{os.getpid()}"
    quoted = str(fresh).replace("'", "''")
    connection.sql(f"""
        copy (
            select * from marts.{table}
            where {day} >= date '{first}' and {day} < date '{first}' + interval 1 month
        )
        to '{quoted}' (format parquet, compression zstd)
    """)
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    _verify(connection, quoted, rows, fingerprint)
    digest = sha256(fresh)
    path = f"{table}/{name}-{digest[:DIGEST_CHARACTERS]}.parquet"
    fresh.replace(published / path)
    return MonthFile(name, path, digest, rows, fingerprint)


def _verify(
    connection: duckdb.DuckDBPyConnection, quoted: str, rows: int, fingerprint: str
) -> None:
    """Read the whole file back and compare it with what it was written from."""
    [written] = connection.sql(
        f"select count(*), sum(hash(t))::varchar from read_parquet('{quoted}') as t"
    ).fetchall()
    if written != (rows, fingerprint):
        raise SnapshotCorrupt(f"{quoted} did not survive being written")
