"""The pointer to what is published: one JSON file, replaced whole (contract 3)."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from warehouse.errors import SnapshotCorrupt, SnapshotMissing
from warehouse.moment import Moment

SCHEMA_VERSION = 1
POINTER = "CURRENT.json"
HOLD = "HELD.json"


class MartsFile(msgspec.Struct, frozen=True):
    path: str
    sha256: str
    bytes: int


class MonthFile(msgspec.Struct, frozen=True):
    """One month of a Parquet table; `fingerprint` tells whether its rows changed since."""

    month: str
    path: str
    sha256: str
    rows: int
    fingerprint: str


class PostgresMoment(msgspec.Struct, frozen=True):
    """Where in the source's history the data stands: `snapshot` is S, `relay_position` is P."""

    identity: str
    snapshot: str
    relay_position: int


class CheckResult(msgspec.Struct, frozen=True):
    name: str
    passed: bool
    detail: str = ""


class Hold(msgspec.Struct, frozen=True):
    """Says that somebody rolled back: this snapshot is served until the hold is released."""

    snapshot_id: str
    held_at: datetime


class Manifest(msgspec.Struct, frozen=True):
    """Everything a reader needs to open a snapshot; paths are relative to the published folder.

    `build` names the marts: while it stays the same, so do the files. `erased_through` is the
    newest tombstone of a person that it heeds.
    """

    snapshot_id: str
    build: str
    built_at: datetime
    data_through: datetime
    currency: str
    time_zone: str
    duckdb_version: str
    postgres: PostgresMoment
    marts: MartsFile
    parquet: dict[str, tuple[MonthFile, ...]]
    checks: tuple[CheckResult, ...]
    erased_through: int = 0
    schema_version: int = SCHEMA_VERSION

    @property
    def file_name(self) -> str:
        return f"manifest-{self.snapshot_id}.json"

    @property
    def moment(self) -> Moment:
        """Up to where its load has seen the source."""
        at = self.postgres
        return Moment(
            at.identity, at.snapshot, at.relay_position, self.data_through, self.erased_through
        )

    def paths(self) -> Iterator[str]:
        yield self.marts.path
        for months in self.parquet.values():
            yield from (month.path for month in months)


def current(published: Path) -> Manifest:
    """Return the manifest that CURRENT.json holds.

    Raises SnapshotMissing when there is none and SnapshotCorrupt when it cannot be read.
    """
    return read(published / POINTER)


def read(path: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise SnapshotMissing(str(path)) from None
    except msgspec.DecodeError as error:
        raise SnapshotCorrupt(f"{path}: {error}") from error
    if manifest.schema_version != SCHEMA_VERSION:
        raise SnapshotCorrupt(
            f"{path} has schema version {manifest.schema_version}, wanted was {SCHEMA_VERSION}"
        )
    return manifest


def kept(published: Path) -> list[Manifest]:
    """Return every readable manifest in the folder, newest first: what may be rolled back to."""
    manifests = []
    for path in published.glob("manifest-*.json"):
        try:
            manifests.append(read(path))
        except (SnapshotCorrupt, SnapshotMissing):
            continue  # one bad manifest must not hide the good ones
    return sorted(manifests, key=lambda manifest: manifest.snapshot_id, reverse=True)


def keep(published: Path, manifest: Manifest) -> None:
    """Keep the manifest under its own name."""
    replace(published / manifest.file_name, _encoded(manifest))


def point_at(published: Path, manifest: Manifest) -> None:
    """Move the pointer to the manifest in one step."""
    replace(published / POINTER, _encoded(manifest))


def held(published: Path) -> Hold | None:
    """The hold under which the pointer stands still; None when it follows what is published.

    Raises SnapshotCorrupt when it cannot be read: something is held, and `release` ends it.
    """
    path = published / HOLD
    try:
        return msgspec.json.decode(path.read_bytes(), type=Hold)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise SnapshotCorrupt(f"{path}: {error}; `rynek snapshots release` ends it") from error


def hold(published: Path, hold: Hold) -> None:
    replace(published / HOLD, _encoded(hold))


def release(published: Path) -> None:
    (published / HOLD).unlink(missing_ok=True)
    sync_folder(published)


def _encoded(content: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2)


def replace(path: Path, body: bytes) -> None:
    """Replace a file so that a reader or a crash sees the old content or the new, never a part."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
