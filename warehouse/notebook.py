"""How a notebook opens what is published: read-only, and never the warehouse itself."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.errors import SnapshotMissing
from warehouse.manifest import POINTER
from warehouse.snapshot import Snapshot

FOLDER = ".rynek"


class PublishedSnapshot(Snapshot):
    """A snapshot whose answers are frames, ready for Altair."""

    def frame(self, sql: str, **parameters: Any) -> pl.DataFrame:
        """The answer to `sql`; `$name` in it stands for a keyword, as in `frame(sql, name=1)`."""
        return self.query(sql, parameters or None)


def snapshot(environment: Mapping[str, str] = os.environ) -> PublishedSnapshot:
    """Open the snapshot published under RYNEK_HOME, else under the nearest `.rynek` above.

    Raises SnapshotMissing while nothing is published there, SnapshotCorrupt when a file is altered.
    """
    return PublishedSnapshot.current(home(environment) / "published")


def home(environment: Mapping[str, str] = os.environ) -> Path:
    """The installation's folder. Raises SnapshotMissing where there is none to be found."""
    if named := environment.get("RYNEK_HOME"):
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FOLDER / "published" / POINTER).is_file():
            return folder / FOLDER
    raise SnapshotMissing(f"RYNEK_HOME is not set, and no {FOLDER} was found above {here}")
