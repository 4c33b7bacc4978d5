"""Six readers while the published snapshot changes sixty times."""

import threading
from pathlib import Path

import pytest

from tests.warehouse.numbers import Publish
from warehouse.snapshot import Snapshot, Snapshots

READERS, SWAPS = 6, 60
# The publisher needs a processor, too.
PAUSE_SECONDS = 0.02

# Two tables of the marts file, and a Parquet table whose files lie beside it.
LOOK = """
select (select number from vendors), (select number from vendor_orders),
       (select number from order_lines)
"""


class Reader:
    """Follows the pointer on its own, and notes what no reader may ever see."""

    def __init__(self, published: Path, newest: list[int]) -> None:
        self.snapshots = Snapshots(published)
        self.newest = newest
        self.faults: list[object] = []
        self.looks = self.seen = 0

    def read(self, done: threading.Event) -> None:
        while not done.wait(PAUSE_SECONDS):
            self.look()

    def look(self) -> None:
        at_least = max(self.seen, self.newest[-1])
        [row] = self.snapshots.get().rows(LOOK)
        if len(set(row)) != 1:
            self.faults.append(("torn", row))
        if row[0] < at_least:
            self.faults.append(("stale", row, at_least))
        self.seen = row[0]
        self.looks += 1


@pytest.mark.slow
def test_no_read_is_torn_or_stale_through_sixty_swaps(
    publish_value: Publish, published: Path
) -> None:
    publish_value(1)
    newest, done = [1], threading.Event()
    readers = [Reader(published, newest) for _ in range(READERS)]
    threads = [threading.Thread(target=reader.read, args=(done,)) for reader in readers]
    for thread in threads:
        thread.start()
    for number in range(2, SWAPS + 2):
        publish_value(number)
        newest.append(number)
    done.set()
    for thread in threads:
        thread.join()
    assert [reader.faults for reader in readers] == [[]] * READERS
    assert all(reader.looks > 0 for reader in readers)
    assert readers[0].snapshots.get().rows(LOOK) == [(SWAPS + 1,) * 3]


def test_a_reader_that_never_looks_at_the_pointer_again_is_stale(
    publish_value: Publish, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what keeps the first snapshot is caught."""
    publish_value(1)
    first = Snapshot.current(published)
    monkeypatch.setattr(Snapshots, "get", lambda self: first)
    publish_value(2)
    reader = Reader(published, newest=[1, 2])
    reader.look()
    assert reader.faults == [("stale", (1, 1, 1), 2)]
