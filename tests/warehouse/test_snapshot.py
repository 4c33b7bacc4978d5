import threading
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.market import Market
from tests.warehouse.steps import run
from warehouse import manifest
from warehouse.errors import SnapshotCorrupt, SnapshotMissing
from warehouse.manifest import Manifest
from warehouse.snapshot import Snapshot, Snapshots

Warehouse = duckdb.DuckDBPyConnection

NAMES = "select name from vendors order by name"


class Publisher:
    """A market that publishes itself whenever a vendor joins."""

    def __init__(self, market: Market, warehouse: Warehouse, url: str, published: Path) -> None:
        self.market, self.warehouse, self.url, self.published = market, warehouse, url, published

    def publish(self, name: str) -> Manifest:
        self.market.vendor(name)
        return run(self.warehouse, self.url, self.published)

    def sell(self) -> Manifest:
        offer = self.market.offer(self.market.vendor("Ada"), 500)
        self.market.order(self.market.shopper(), [(offer, 1)])
        return run(self.warehouse, self.url, self.published)


@pytest.fixture
def publisher(
    market: Market, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> Publisher:
    return Publisher(market, warehouse, pipeline_database_url, published)


def test_nothing_published_is_named(published: Path) -> None:
    with pytest.raises(SnapshotMissing) as raised:
        Snapshot.current(published)
    assert raised.value.code == "snapshot_missing"


def test_an_altered_file_is_refused(publisher: Publisher, published: Path) -> None:
    marts = published / publisher.publish("Ada").marts.path
    with marts.open("rb+") as file:
        file.seek(5000)
        file.write(b"?")
    with pytest.raises(SnapshotCorrupt) as raised:
        Snapshot.current(published)
    assert raised.value.code == "snapshot_corrupt"


def test_a_deleted_file_is_refused(publisher: Publisher, published: Path) -> None:
    (published / publisher.publish("Ada").marts.path).unlink()
    with pytest.raises(SnapshotCorrupt, match="is gone"):
        Snapshot.current(published)


@pytest.mark.parametrize("body", ["", "{", "[]", '{"snapshot_id": "x"}'])
def test_a_torn_pointer_is_refused(published: Path, body: str) -> None:
    published.mkdir()
    (published / manifest.POINTER).write_text(body)
    with pytest.raises(SnapshotCorrupt):
        Snapshot.current(published)


def test_a_manifest_of_another_schema_is_refused(publisher: Publisher, published: Path) -> None:
    publisher.publish("Ada")
    pointer = published / manifest.POINTER
    pointer.write_text(pointer.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(SnapshotCorrupt, match="schema version 2"):
        Snapshot.current(published)


def test_parameters_are_named_or_in_order(publisher: Publisher, published: Path) -> None:
    publisher.publish("Ada")
    snapshot = Snapshot.current(published)
    assert snapshot.rows("select name from vendors where name = ?", ["Ada"]) == [("Ada",)]
    frame = snapshot.query("select name from vendors where name = $name", {"name": "Ada"})
    assert frame["name"].to_list() == ["Ada"]


def test_a_new_pointer_is_followed_and_the_old_snapshot_stays_readable(
    publisher: Publisher, published: Path
) -> None:
    publisher.publish("Ada")
    snapshots = Snapshots(published)
    old = snapshots.get()
    assert snapshots.get() is old
    publisher.publish("Bea")
    assert snapshots.get().rows(NAMES) == [("Ada",), ("Bea",)]
    (published / old.manifest.marts.path).unlink()
    assert old.rows(NAMES) == [("Ada",)]


def test_a_bad_new_snapshot_leaves_the_last_good_one_served(
    publisher: Publisher, published: Path
) -> None:
    publisher.publish("Ada")
    snapshots = Snapshots(published)
    good = snapshots.get()
    (published / publisher.publish("Bea").marts.path).unlink()
    assert snapshots.get() is good
    assert isinstance(snapshots.fault, SnapshotCorrupt)
    publisher.publish("Cleo")
    assert snapshots.get().rows(NAMES) == [("Ada",), ("Bea",), ("Cleo",)]
    assert snapshots.fault is None


def test_a_bad_month_leaves_the_last_good_snapshot_served(
    publisher: Publisher, published: Path
) -> None:
    publisher.sell()
    snapshots = Snapshots(published)
    good = snapshots.get()
    month = published / publisher.sell().parquet["order_lines"][0].path
    month.write_bytes(month.read_bytes()[:64])
    assert snapshots.get() is good
    assert isinstance(snapshots.fault, SnapshotCorrupt)


def test_a_file_that_cannot_be_read_leaves_the_last_good_snapshot_served(
    publisher: Publisher, published: Path
) -> None:
    publisher.publish("Ada")
    snapshots = Snapshots(published)
    good = snapshots.get()
    marts = published / publisher.publish("Bea").marts.path
    marts.unlink()
    marts.mkdir()
    assert snapshots.get() is good
    assert isinstance(snapshots.fault, SnapshotCorrupt)


def test_a_lost_pointer_leaves_the_last_good_snapshot_served(
    publisher: Publisher, published: Path
) -> None:
    publisher.publish("Ada")
    snapshots = Snapshots(published)
    good = snapshots.get()
    (published / manifest.POINTER).unlink()
    assert snapshots.get() is good
    assert isinstance(snapshots.fault, SnapshotMissing)


def test_a_reader_that_starts_on_a_bad_pointer_falls_back(
    publisher: Publisher, published: Path
) -> None:
    publisher.publish("Ada")
    (published / publisher.publish("Bea").marts.path).unlink()
    snapshots = Snapshots(published)
    assert snapshots.get().rows(NAMES) == [("Ada",)]
    assert isinstance(snapshots.fault, SnapshotCorrupt)


@pytest.mark.slow
def test_readers_during_swaps_see_each_snapshot_whole(
    publisher: Publisher, published: Path
) -> None:
    publisher.publish("1")
    snapshots = Snapshots(published)
    faults: list[object] = []
    done = threading.Event()

    def read() -> None:
        newest = 0
        while not done.is_set():
            [(vendors, last)] = snapshots.get().rows("select count(*), max(name) from vendors")
            if vendors != int(last) or vendors < newest:
                faults.append((vendors, last, newest))
            newest = vendors

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(2, 6):
        publisher.publish(str(number))
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert snapshots.get().rows("select count(*) from vendors") == [(5,)]
