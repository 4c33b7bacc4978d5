from datetime import timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest

from tests.warehouse.numbers import Publish
from warehouse import manifest, rollback
from warehouse.errors import (
    FactsPruned,
    SnapshotCorrupt,
    SnapshotPredatesErasure,
    SnapshotUnknown,
    SnapshotVersionUnsupported,
)
from warehouse.snapshot import Snapshot, Snapshots


def number_in(snapshot: Snapshot) -> int:
    [(number,)] = snapshot.rows("select number from vendors")
    return int(number)


def test_rolling_back_serves_the_earlier_snapshot(publish_value: Publish, published: Path) -> None:
    first, _ = publish_value(1), publish_value(2)
    snapshots = Snapshots(published)
    assert number_in(snapshots.get()) == 2
    rollback.roll_back(published, first.snapshot_id, pruned_position=0)
    assert number_in(snapshots.get()) == 1


def test_what_is_published_while_held_is_served_after_the_release(
    publish_value: Publish, published: Path
) -> None:
    first, _ = publish_value(1), publish_value(2)
    rollback.roll_back(published, first.snapshot_id, pruned_position=0)
    third = publish_value(3)
    assert manifest.current(published) == first
    assert rollback.release(published) == third
    assert manifest.current(published) == third
    fourth = publish_value(4)
    assert manifest.current(published) == fourth


def test_a_held_snapshot_outlives_the_retention_of_the_others(
    publish_value: Publish, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.retention.SNAPSHOTS_KEPT", 2)
    monkeypatch.setattr("warehouse.retention.READING_TAKES", timedelta(0))
    first, _ = publish_value(1), publish_value(2)
    rollback.roll_back(published, first.snapshot_id, pruned_position=0)
    for number in (3, 4):
        publish_value(number)
    assert number_in(Snapshot.current(published)) == 1
    assert len(manifest.kept(published)) == 2


def test_an_unknown_snapshot_is_named(publish_value: Publish, published: Path) -> None:
    publish_value(1)
    with pytest.raises(SnapshotUnknown):
        rollback.roll_back(published, "20200101T000000Z-none", pruned_position=0)


@pytest.mark.parametrize("keeps_its_length", [False, True])
def test_a_damaged_snapshot_is_not_rolled_back_to(
    publish_value: Publish, published: Path, *, keeps_its_length: bool
) -> None:
    first, second = publish_value(1), publish_value(2)
    month = published / first.parquet["order_lines"][0].path
    body = bytearray(month.read_bytes())
    body[5] ^= 1  # behind the magic number, in the first page: the footer tells nothing of it
    month.write_bytes(body if keeps_its_length else body[:64])
    with pytest.raises(SnapshotCorrupt):
        rollback.roll_back(published, first.snapshot_id, pruned_position=0)
    assert manifest.current(published) == second
    assert manifest.held(published) is None


def test_a_snapshot_whose_facts_are_pruned_is_not_rolled_back_to(
    publish_value: Publish, published: Path
) -> None:
    first, _ = publish_value(1, position=7), publish_value(2, position=9)
    with pytest.raises(FactsPruned, match="needs those behind 7, the first 8 are gone"):
        rollback.roll_back(published, first.snapshot_id, pruned_position=8)
    rollback.roll_back(published, first.snapshot_id, pruned_position=7)


def test_an_erasure_takes_every_earlier_snapshot_with_it(
    publish_value: Publish, published: Path
) -> None:
    first = publish_value(1)
    second = publish_value(2, erased_through=5)
    assert manifest.kept(published) == [second]
    assert [path.name for path in published.glob("marts-*")] == [second.marts.path]
    with pytest.raises(SnapshotUnknown):
        rollback.roll_back(published, first.snapshot_id, pruned_position=0)


def test_a_snapshot_that_predates_an_erasure_is_not_rolled_back_to(
    publish_value: Publish, published: Path
) -> None:
    first = publish_value(1)
    later = msgspec.structs.replace(publish_value(2), erased_through=5)
    manifest.keep(published, later)
    with pytest.raises(SnapshotPredatesErasure):
        rollback.roll_back(published, first.snapshot_id, pruned_position=0)


def test_an_erasure_releases_the_hold(publish_value: Publish, published: Path) -> None:
    first, _ = publish_value(1), publish_value(2)
    rollback.roll_back(published, first.snapshot_id, pruned_position=0)
    third = publish_value(3, erased_through=5)
    assert manifest.current(published) == third
    assert manifest.held(published) is None
    assert manifest.kept(published) == [third]


def test_a_snapshot_by_a_newer_duckdb_is_refused_by_name(
    publish_value: Publish, published: Path
) -> None:
    publish_value(1)
    snapshots = Snapshots(published)
    snapshots.get()
    newer = msgspec.structs.replace(publish_value(2), duckdb_version="99.0.0")
    manifest.point_at(published, newer)
    with pytest.raises(SnapshotVersionUnsupported, match=f"99.0.0, here is {duckdb.__version__}"):
        Snapshot.current(published)
    assert number_in(snapshots.get()) == 1
    assert snapshots.fault is not None
    assert snapshots.fault.code == "snapshot_version_unsupported"


@pytest.mark.parametrize("step", [(0, 0, 99), (-1, 99, 0)])
def test_a_snapshot_by_an_older_duckdb_or_by_another_patch_of_it_is_read(
    step: tuple[int, ...], publish_value: Publish, published: Path
) -> None:
    here = (int(part) for part in duckdb.__version__.split(".")[:2])
    version = ".".join(str(part + more) for part, more in zip((*here, 0), step, strict=True))
    manifest.point_at(published, msgspec.structs.replace(publish_value(1), duckdb_version=version))
    assert number_in(Snapshot.current(published)) == 1
