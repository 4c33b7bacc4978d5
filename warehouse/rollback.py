"""Going back to an earlier snapshot, and on again.

Whoever rolls back puts a hold on the pointer: later runs go on publishing beside it, and are served
once the hold is released. Only an erasure is stronger than a hold.
"""

import logging
from datetime import UTC, datetime
from pathlib import Path

from warehouse import manifest as manifests
from warehouse.errors import FactsPruned, SnapshotPredatesErasure, SnapshotUnknown
from warehouse.manifest import Hold, Manifest
from warehouse.snapshot import Snapshot

log = logging.getLogger(__name__)


def follow(published: Path, manifest: Manifest) -> None:
    """Serve what was published just now, unless the pointer is held.

    A hold on a snapshot with somebody in it who was erased since is released.
    """
    held = manifests.held(published)
    if held is None:
        manifests.point_at(published, manifest)
    elif manifests.current(published).erased_through < manifest.erased_through:
        log.warning("%s held somebody who is erased now: the hold is released", held.snapshot_id)
        _go_on(published, manifest)
    else:
        log.warning("held at %s since %s", held.snapshot_id, held.held_at)


def roll_back(published: Path, snapshot_id: str, pruned_position: int) -> Manifest:
    """Serve an earlier snapshot, read whole before, and hold the pointer there.

    `pruned_position` is how far the core has dropped its facts. Call this in the warehouse's turn.
    Raises SnapshotUnknown, SnapshotPredatesErasure, FactsPruned, SnapshotCorrupt.
    """
    kept = {manifest.snapshot_id: manifest for manifest in manifests.kept(published)}
    if snapshot_id not in kept:
        raise SnapshotUnknown(snapshot_id)
    chosen = kept[snapshot_id]
    _demand_servable(chosen, list(kept.values()), pruned_position)
    snapshot = Snapshot.open(published, chosen)
    try:
        snapshot.scan()
    finally:
        snapshot.close()
    manifests.hold(published, Hold(snapshot_id, datetime.now(UTC)))
    manifests.point_at(published, chosen)
    return chosen


def release(published: Path) -> Manifest:
    """Serve the newest snapshot again, and each later one. Raises SnapshotUnknown for none."""
    newest = next(iter(manifests.kept(published)), None)
    if newest is None:
        raise SnapshotUnknown("nothing is kept")
    _go_on(published, newest)
    return newest


def _go_on(published: Path, manifest: Manifest) -> None:
    manifests.release(published)
    manifests.point_at(published, manifest)


def _demand_servable(chosen: Manifest, kept: list[Manifest], pruned_position: int) -> None:
    if chosen.erased_through < max(manifest.erased_through for manifest in kept):
        raise SnapshotPredatesErasure(chosen.snapshot_id)
    if chosen.postgres.relay_position < pruned_position:
        raise FactsPruned(
            f"{chosen.snapshot_id} needs those behind {chosen.postgres.relay_position}, "
            f"the first {pruned_position} are gone"
        )
