"""Immutable trained things on disk: a folder each, a manifest, plain arrays, a live pointer.

    <root>/<kind>/<version>/manifest.json, <array>.npy
    <root>/<kind>/LIVE.json

A folder appears whole or not at all (written under another name, flushed, renamed), is never
changed afterwards, and holds nothing executable. Readers map the arrays into memory.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from models.arrays import AnyArray
from models.errors import ArtifactCorrupt, ArtifactMissing

MANIFEST, LIVE = "manifest.json", "LIVE.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
HISTORY_KEPT = 50
ABANDONED_AFTER_SECONDS = 24 * 3600
CHUNK_BYTES = 1 << 22


@dataclass(frozen=True)
class StoredArray:
    """What the manifest says of one array file."""

    dtype: str
    shape: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class Artifact:
    """A trained thing. `arrays` are read-only memory maps, readable while the object lives."""

    kind: str
    version: str
    recipe: str
    parameters: Mapping[str, Any]
    seed: int
    data_window: tuple[str, str]
    metrics: Mapping[str, Any]
    parent: str | None
    created_at: str
    files: Mapping[str, StoredArray]
    arrays: Mapping[str, AnyArray] = field(repr=False, compare=False)


def write(
    root: Path,
    kind: str,
    *,
    recipe: str,
    parameters: Mapping[str, Any],
    seed: int,
    data_window: tuple[datetime, datetime],
    metrics: Mapping[str, Any],
    parent: str | None,
    arrays: Mapping[str, AnyArray],
    now: datetime | None = None,
) -> Artifact:
    """Store a new version and return it as a reader sees it. It is not live until `promote`."""
    created_at = now or datetime.now(UTC)
    folder = root / _name(kind)
    folder.mkdir(parents=True, exist_ok=True)
    _sweep_abandoned(folder)
    incoming = folder / f".incoming-{secrets.token_hex(8)}"
    incoming.mkdir()
    files = {name: _store(incoming / f"{_name(name)}.npy", array) for name, array in arrays.items()}
    manifest = {
        "kind": kind,
        "recipe": recipe,
        "parameters": dict(parameters),
        "seed": seed,
        "data_window": [moment.isoformat() for moment in data_window],
        "metrics": dict(metrics),
        "parent": parent,
        "created_at": created_at.isoformat(),
        "files": {name: asdict(stored) for name, stored in files.items()},
    }
    text = json.dumps(manifest, indent=2, sort_keys=True, allow_nan=False)
    version = f"{created_at:%Y%m%dT%H%M%S%fZ}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    _write_durably(incoming / MANIFEST, text)
    _sync(incoming)
    incoming.rename(folder / version)
    _sync(folder)
    return load(root, kind, version)


def load(root: Path, kind: str, version: str, *, is_checked: bool = True) -> Artifact:
    """Open one version, every file checked against the manifest.

    Without `is_checked` contents are taken on trust, and only names, types and shapes compared:
    enough to list versions without reading gigabytes.
    Raises `ArtifactMissing` or `ArtifactCorrupt`.
    """
    folder = root / _name(kind) / _name(version)
    if not folder.is_dir():
        raise ArtifactMissing(f"Looked for {kind} {version} in {root}.")
    manifest = _read_manifest(folder)
    try:
        files = {
            name: StoredArray(stored["dtype"], tuple(stored["shape"]), stored["sha256"])
            for name, stored in manifest.pop("files").items()
        }
        begins, ends = manifest.pop("data_window")
        arrays = {
            name: _open_array(folder, name, stored, is_checked) for name, stored in files.items()
        }
        return Artifact(
            version=version, data_window=(begins, ends), files=files, arrays=arrays, **manifest
        )
    except (KeyError, TypeError, ValueError, AttributeError) as reason:
        raise ArtifactCorrupt(f"{folder / MANIFEST} is incomplete: {reason!r}.") from reason


def versions(root: Path, kind: str) -> list[str]:
    """All stored versions, oldest first."""
    folder = root / _name(kind)
    if not folder.is_dir():
        return []
    return sorted(path.parent.name for path in folder.glob(f"[!.]*/{MANIFEST}"))


def live_version(root: Path, kind: str) -> str | None:
    """The version the pointer names; cheap enough to ask on every request."""
    history = _history(root / _name(kind))
    return history[-1] if history else None


def live(root: Path, kind: str) -> Artifact | None:
    """The promoted version, or None before the first promotion. Raises as `load` does."""
    version = live_version(root, kind)
    return None if version is None else load(root, kind, version)


def promote(root: Path, kind: str, version: str) -> Artifact:
    """Make a version live if it can be read. Promoting the live one changes nothing."""
    artifact = load(root, kind, version)
    with _pointer_lock(root / kind):
        history = _history(root / kind)
        if history[-1:] != [version]:
            _point(root / kind, [*history, version])
    return artifact


def rollback(root: Path, kind: str) -> Artifact:
    """Make the version that was live before the present one live again."""
    folder = root / _name(kind)
    if not folder.is_dir():
        raise ArtifactMissing(f"No {kind} was ever stored in {root}.")
    with _pointer_lock(folder):
        *earlier, _present = _history(folder) or [""]
        if not earlier:
            raise ArtifactMissing(f"No {kind} was live before the present one.")
        artifact = load(root, kind, earlier[-1])
        _point(folder, earlier)
    return artifact


def _history(folder: Path) -> list[str]:
    try:
        pointer = json.loads((folder / LIVE).read_text())
        return [str(version) for version in pointer["history"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as reason:
        raise ArtifactCorrupt(f"{folder / LIVE} cannot be read: {reason!r}.") from reason


def _point(folder: Path, history: Sequence[str]) -> None:
    kept = list(history[-HISTORY_KEPT:])
    pointer = {
        "version": kept[-1],
        "promoted_at": datetime.now(UTC).isoformat(),
        "history": kept,
    }
    incoming = folder / f".{LIVE}-{secrets.token_hex(8)}"
    _write_durably(incoming, json.dumps(pointer, indent=2))
    incoming.replace(folder / LIVE)
    _sync(folder)


@contextmanager
def _pointer_lock(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _store(path: Path, array: AnyArray) -> StoredArray:
    with path.open("xb") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return StoredArray(array.dtype.str, array.shape, _sha256(path))


def _open_array(folder: Path, name: str, stored: StoredArray, is_checked: bool) -> AnyArray:
    path = folder / f"{_name(name)}.npy"
    if not path.is_file() or (is_checked and _sha256(path) != stored.sha256):
        raise ArtifactCorrupt(f"{path} is missing or was changed.")
    # An empty array has no bytes to map.
    is_empty = 0 in stored.shape
    array: AnyArray = np.load(path, mmap_mode=None if is_empty else "r", allow_pickle=False)
    if array.dtype.str != stored.dtype or array.shape != stored.shape:
        raise ArtifactCorrupt(f"{path} holds {array.dtype.str} {array.shape}.")
    return array


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as reason:
        raise ArtifactCorrupt(f"{folder / MANIFEST} cannot be read: {reason}.") from reason
    if not isinstance(manifest, dict):
        raise ArtifactCorrupt(f"{folder / MANIFEST} is no JSON object.")
    return manifest


def _sweep_abandoned(folder: Path) -> None:
    """Remove what interrupted trainings left; a day spares those still being written."""
    oldest = time.time() - ABANDONED_AFTER_SECONDS
    for path in folder.glob(".incoming-*"):
        if path.stat().st_mtime < oldest:
            shutil.rmtree(path)


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ArtifactMissing(f"{text!r} cannot be the name of a kind, a version or an array.")
    return text


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _write_durably(path: Path, text: str) -> None:
    with path.open("x") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
