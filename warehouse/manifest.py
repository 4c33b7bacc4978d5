"""The pointer to what is published: one JSON file, replaced whole (contract 3)."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from warehouse.errors import SnapshotCorrupt, SnapshotMissing

SCHEMA_VERSION = 1
POINTER = "CURRENT.json"


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


class Manifest(msgspec.Struct, frozen=True):
    """Everything a reader needs to open a snapshot; paths are relative to the published folder.

    `build` names the marts: while it stays the same, so do the files.
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
    previous: str | None = None
    schema_version: int = SCHEMA_VERSION

    @property
    def file_name(self) -> str:
        return f"manifest-{self.snapshot_id}.json"

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


def put(published: Path, manifest: Manifest) -> None:
    """Keep the manifest under its own name, then move the pointer to it in one step."""
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    for name in (manifest.file_name, POINTER):
        replace(published / name, body)


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
