from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec
import pytest

from warehouse import ledger, manifest, rollback
from warehouse.errors import (
    FactsPruned,
    SnapshotCorrupt,
    SnapshotPredatesErasure,
    SnapshotUnknown,
    SnapshotVersionUnsupported,
)
from warehouse.ledger import Build, Load
from warehouse.manifest import CheckResult, Manifest
from warehouse.moment import Moment
from warehouse.publish import MONTHLY, PUBLISHED, publish
from warehouse.snapshot import Snapshot, Snapshots

Publish = Callable[..., Manifest]
MONTH_COLUMNS = {
    "order_lines": "date '2026-03-10' as order_date",
    "interactions": "now() as occurred_at",
}


@pytest.fixture
def publish_value(warehouse: duckdb.DuckDBPyConnection, published: Path) -> Publish:
    """Publish marts that hold one number everywhere: no source, no models, in a moment."""

    def publish_now(number: int, position: int = 0, erased_through: int = 0) -> Manifest:
        moment = Moment("1:1:1", f"{number}:{number}:", position, datetime.now(UTC), erased_through)
        _set_marts(warehouse, number)
        load = Load(number, moment, "USD", "UTC")
        ledger.record(warehouse, load, [], is_full=True, is_counted=True, seconds=0)
        build = Build(f"build {number}", number, "models", datetime.now(UTC).date())
        ledger.record_build(warehouse, build, 0)
        ledger.record_checks(warehouse, build.build, [CheckResult("all", True)])
        return publish(warehouse, published, "test")

    return publish_now


def _set_marts(warehouse: duckdb.DuckDBPyConnection, number: int) -> None:
    warehouse.sql("create schema if not exists marts")
    for table in PUBLISHED:
        if table.startswith("marts."):
            warehouse.sql(f"create or replace table {table} as select {number} as number")
    for table in MONTHLY:
        columns = f"{number} as number, {MONTH_COLUMNS[table]}"
        warehouse.sql(f"create or replace table marts.{table} as select {columns}")


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
    fourth = publish_value(4)
    assert manifest.current(published) == fourth


def test_a_held_snapshot_outlives_the_retention_of_the_others(
    publish_value: Publish, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.retention.SNAPSHOTS_KEPT", 2)
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


def test_a_damaged_snapshot_is_not_rolled_back_to(publish_value: Publish, published: Path) -> None:
    first, second = publish_value(1), publish_value(2)
    month = published / first.parquet["order_lines"][0].path
    month.write_bytes(month.read_bytes()[:64])
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
