"""`rynek verify`: every promise of the house, asked of a live installation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from models import artifacts
from models.errors import ModelsError
from models.recommendations import KIND
from rynek.local.apps import Market
from transactional import invariants
from warehouse import reconcile
from warehouse.errors import WarehouseError
from warehouse.snapshot import Snapshot


@dataclass(frozen=True)
class Finding:
    """One promise, and what breaks it: nothing, if it holds."""

    promise: str
    breaches: tuple[str, ...]

    @property
    def is_kept(self) -> bool:
        return not self.breaches


class UnsoundError(Exception):
    """At least one promise is broken."""

    def __init__(self, broken: Iterable[Finding]) -> None:
        self.broken = list(broken)
        lines = (f"{each.promise}: {'; '.join(each.breaches)}" for each in self.broken)
        super().__init__("\n".join(lines))


def examine(database_url: str, home: Path) -> Iterator[Finding]:
    """Every promise in turn, from the ledger to the files that are served."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        # One moment for all of them: the market goes on meanwhile.
        connection.execute("set transaction isolation level repeatable read read only")
        found = invariants.check(connection)
        for name in invariants.names():
            details = (f"{each.key}: {each.detail}" for each in found if each.invariant == name)
            yield Finding(name.replace("_", " "), tuple(details))
    yield Finding(
        "the published snapshot is whole, and its counts and cents by day are the source's",
        tuple(_snapshot_faults(home / "published")),
    )
    yield Finding("the live model is whole", tuple(_model_faults(home / "artifacts")))


def demand_sound(market: Market) -> None:
    """Raises UnsoundError naming what broke."""
    findings = examine(market.servers.database_url, market.home.root)
    if broken := [finding for finding in findings if not finding.is_kept]:
        raise UnsoundError(broken)


def _snapshot_faults(published: Path) -> Iterator[str]:
    try:
        snapshot = Snapshot.current(published)
    except WarehouseError as error:
        yield f"{error.code}: {error}"
        return
    yield from map(str, reconcile.published(snapshot))


def _model_faults(root: Path) -> Iterator[str]:
    version = artifacts.live_version(root, KIND)
    if version is None:
        yield "no model is live; `rynek pipeline run` trains one"
        return
    try:
        artifacts.load(root, KIND, version)
    except ModelsError as error:
        yield f"{error.code}: {error}"
