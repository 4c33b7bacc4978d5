"""The read side of the published snapshot (contract 3): for serving, training and notebooks."""

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb
import polars as pl

from warehouse import manifest as manifests
from warehouse.errors import (
    MartUnpublished,
    SnapshotCorrupt,
    SnapshotMissing,
    SnapshotVersionUnsupported,
    WarehouseError,
)
from warehouse.manifest import Manifest

# A reader aggregates at most the marts file (about 1 GB); the rest of the machine is not its own.
MEMORY_LIMIT = "2GB"
# With one or two threads DuckDB groups into one ever-growing table per thread; from three on into
# tables of the cache's size, which halves the work of counting each day's shoppers.
THREADS_AT_LEAST = 3

LOOKED_UP = """
    select table_name from duckdb_columns()
    where database_name = 'marts' and column_name = 'vendor_id'
"""

Parameters = Sequence[Any] | Mapping[str, Any]


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Snapshot:
    """One published snapshot, open read-only.

    Tables of the marts file and the monthly Parquet tables (`order_lines`, `interactions`) are
    queried by their bare names. Any thread may query: each call uses a cursor of its own. The marts
    stay readable while the object lives, also after their file was removed on disk.
    """

    def __init__(self, published: Path, manifest: Manifest) -> None:
        self.published = published
        self.manifest = manifest
        self._connection = _open(published, manifest)

    @classmethod
    def current(cls, published: Path) -> Self:
        """Open what CURRENT.json names, checking it against its checksum.

        Raises SnapshotMissing when nothing is published, SnapshotCorrupt when a file is gone or
        altered, SnapshotVersionUnsupported when a newer DuckDB wrote it.
        """
        return cls.open(published, manifests.current(published))

    @classmethod
    def open(cls, published: Path, manifest: Manifest) -> Self:
        _verify(published, manifest)
        return cls(published, manifest)

    def scan(self) -> None:
        """Read every byte of every file and count the rows. Raises SnapshotCorrupt."""
        _verify(self.published, self.manifest)
        for table, months in self.manifest.parquet.items():
            self.parquet(table)
            [(rows,)] = self.rows(f"select count(*) from {table}")
            if rows != sum(month.rows for month in months):
                raise SnapshotCorrupt(f"{table} holds {rows} rows, published were others")

    @property
    def snapshot_id(self) -> str:
        return self.manifest.snapshot_id

    def query(self, sql: str, parameters: Parameters | None = None) -> pl.DataFrame:
        """Return the answer as a Polars frame; `parameters` are positional (?) or named ($name).

        Raises MartUnpublished where the snapshot lacks a table or a column, as an old one may.
        """
        with self._answering():
            relation = self._connection.cursor().sql(sql, params=parameters)
            return pl.DataFrame(relation.to_arrow_table())

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """Return the answer as tuples: quicker than a frame for a few rows.

        `execute` binds the question once where a relation binds it twice, and planning is most of
        what a small question costs. Raises MartUnpublished like `query`.
        """
        with self._answering():
            answer: list[tuple[Any, ...]] = (
                self._connection.cursor().execute(sql, parameters).fetchall()
            )
        return answer

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            what = str(error).partition("\n")[0]
            raise MartUnpublished(f"{self.snapshot_id}: {what}") from error

    def warm(self) -> None:
        """Read once what is looked up by vendor, so that no vendor is the first to wait for it.

        DuckDB reads and checks a block of the file at its first use, and keeps it.
        """
        for (table,) in self.rows(LOOKED_UP):
            self.rows(f"select bit_xor(hash(columns(*))) from marts.{table}")

    def parquet(self, table: str) -> list[Path]:
        """Return the table's monthly files, oldest first, each checked against its checksum."""
        months = self.manifest.parquet[table]
        for month in months:
            _verify_file(self.published / month.path, month.sha256)
        return [self.published / month.path for month in months]

    def close(self) -> None:
        """Let go of the files now; otherwise they go with the last holder of this object."""
        self._connection.close()


class Snapshots:
    """Follows the pointer: `get()` returns the newest good snapshot.

    A new pointer is opened and swapped in; whoever still holds the old snapshot keeps it. When the
    new one is missing or corrupt, the last good one stays and `fault` says why. A reader that
    starts on a corrupt pointer falls back to the newest kept snapshot that is whole.
    """

    def __init__(self, published: Path) -> None:
        self.published = published
        self.fault: WarehouseError | None = None
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._snapshot: Snapshot | None = None

    def get(self) -> Snapshot:
        """Return the snapshot to answer from.

        Raises SnapshotMissing or SnapshotCorrupt when there is no good one.
        """
        mark = _pointer_mark(self.published)
        with self._lock:
            if self._snapshot is None or mark != self._seen:
                self._snapshot = self._follow()
                self._seen = mark
            return self._snapshot

    def _follow(self) -> Snapshot:
        """Open what the pointer names; where it moved on meanwhile, its old files may be gone."""
        while True:
            mark = _pointer_mark(self.published)
            try:
                return self._opened()
            except (SnapshotMissing, SnapshotCorrupt) as error:
                if mark == _pointer_mark(self.published):
                    self.fault = error
                    return self._snapshot or _last_good(self.published, error)

    def _opened(self) -> Snapshot:
        manifest = manifests.current(self.published)
        if self._snapshot is None or self._snapshot.manifest != manifest:
            snapshot = Snapshot.open(self.published, manifest)
        else:
            snapshot = self._snapshot
        self.fault = None
        return snapshot


def _pointer_mark(published: Path) -> tuple[int, int] | None:
    try:
        status = (published / manifests.POINTER).stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _last_good(published: Path, fault: WarehouseError) -> Snapshot:
    for manifest in manifests.kept(published):
        try:
            return Snapshot.open(published, manifest)
        except SnapshotCorrupt:
            continue
    raise fault


def _verify(published: Path, manifest: Manifest) -> None:
    # A file of a newer format can look damaged to us: its writer's version tells the two apart.
    if _release(manifest.duckdb_version) > _release(duckdb.__version__):
        raise SnapshotVersionUnsupported(
            f"{manifest.snapshot_id} by {manifest.duckdb_version}, here is {duckdb.__version__}"
        )
    _verify_file(published / manifest.marts.path, manifest.marts.sha256)
    for months in manifest.parquet.values():
        for month in months:
            if not (published / month.path).is_file():
                raise SnapshotCorrupt(f"{published / month.path} is gone")


def _release(version: str) -> tuple[int, ...]:
    """Major and minor: the format of files changes with no smaller step."""
    return tuple(int(part) for part in version.split(".")[:2])


def _verify_file(path: Path, expected: str) -> None:
    try:
        found = sha256(path)
    except FileNotFoundError:
        raise SnapshotCorrupt(f"{path} is gone") from None
    except OSError as error:
        raise SnapshotCorrupt(f"{path} cannot be read: {error.strerror}") from error
    if found != expected:
        raise SnapshotCorrupt(f"{path} has sha256 {found}, published was {expected}")


def _open(published: Path, manifest: Manifest) -> duckdb.DuckDBPyConnection:
    """Attach the marts to an instance of this snapshot's own.

    DuckDB shares one instance per path within a process; an unnamed one is never shared, and gives
    every cursor the same views.
    """
    connection = duckdb.connect(
        ":memory:", config={"memory_limit": MEMORY_LIMIT, "temp_directory": ""}
    )
    connection.execute("set global TimeZone = 'UTC'")
    connection.execute(f"set threads = greatest(current_setting('threads'), {THREADS_AT_LEAST})")
    try:
        _attach(connection, published, manifest)
    except duckdb.Error as error:
        connection.close()
        raise SnapshotCorrupt(f"{manifest.file_name}: {error}") from error
    return connection


def _attach(connection: duckdb.DuckDBPyConnection, published: Path, manifest: Manifest) -> None:
    """Give every table its bare name. A month's file is opened here, and read when asked."""
    connection.execute(f"attach '{_quoted(published / manifest.marts.path)}' as marts (read_only)")
    tables = connection.sql("select table_name from duckdb_tables() where database_name = 'marts'")
    for (table,) in tables.fetchall():
        connection.execute(f"create view {table} as {_source(published, manifest, table)}")


def _source(published: Path, manifest: Manifest, table: str) -> str:
    """A Parquet table has an empty twin in the marts file, for before its first month."""
    months = manifest.parquet.get(table)
    if not months:
        return f"select * from marts.{table}"
    files = ", ".join(f"'{_quoted(published / month.path)}'" for month in months)
    return f"select * from read_parquet([{files}])"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
