"""Every mart of a market of full size: built whole, checked, built in parts, published."""

import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psutil
from rich.console import Console

from rynek.bench.large import Size, change, fill
from rynek.bench.report import Row, seconds
from warehouse import ledger
from warehouse.build import Built, build
from warehouse.changes import to_judge
from warehouse.checks import checks, rules
from warehouse.manifest import CheckResult
from warehouse.publish import publish

CHANGED_ROWS = 1_000
GIB = 2**30
PEAK_GOAL_GIB, REFRESH_GOAL = 8.0, 60.0

SCAN = """
    create or replace temp table scanned as
    select vendor_id, cast(placed_at as date) as day, count(*) as lines, sum(quantity) as units,
           sum(line_cents) as cents
    from source.order_lines group by all
"""


def synthesise(connection: duckdb.DuckDBPyConnection, size: Size, console: Console) -> None:
    with console.status("synthesising the source tables") as status:
        for name, rows in fill(connection, size):
            console.print(f"source.{name}: {rows:,} rows")
            status.update(f"synthesised {name}")
        connection.sql("checkpoint")


def build_whole(connection: duckdb.DuckDBPyConnection, console: Console) -> Iterator[Row]:
    """Everything whole, and what the memory of this process came to meanwhile."""
    scan = statistics.median(seconds(lambda: connection.sql(SCAN)) for _ in range(3))
    with peak_memory() as peak, console.status("building every mart whole"):
        taken = seconds(lambda: build(connection, full=True, on_model=_teller(console)))
    connection.sql("drop table scanned")
    yield Row("full build of every mart", taken / 60, "minutes")
    yield Row("full build", taken, "s", peer="one scan-and-aggregate of the lines", peer_value=scan)
    yield _peak_row("peak memory of the build", peak)


def check_whole(connection: duckdb.DuckDBPyConnection, console: Console) -> Iterator[Row]:
    """Every SQL check over everything; what Great Expectations and the source say is not asked."""
    results: list[CheckResult] = []
    with peak_memory() as peak, console.status("checking every mart"):
        taken = seconds(lambda: results.extend(check.run(connection) for check in checks()))
    for result in results:
        if not result.passed:
            console.print(f"[red]{result.name}: {result.detail}")
    yield Row("every SQL check, everything", taken, "s")
    found = sum(not result.passed for result in results)
    yield Row("checks that found something", found, "", goal="0", met=not found)
    yield _peak_row("peak memory of the checks", peak)


def build_parts(connection: duckdb.DuckDBPyConnection, console: Console) -> Iterator[Row]:
    """A thousand changed rows: what follows from them is built and checked, nothing else."""
    approve(connection)
    change(connection, CHANGED_ROWS)
    with console.status("building what follows from a thousand changed rows"):
        taken = seconds(lambda: build(connection, on_model=_teller(console)))
    yield Row(
        f"marts after {CHANGED_ROWS:,} changed rows",
        taken,
        "s",
        goal=f"< {REFRESH_GOAL:g}",
        met=taken < REFRESH_GOAL,
    )
    found, results = to_judge(connection), list[CheckResult]()
    taken = seconds(lambda: results.extend(check.run(connection, found) for check in checks()))
    is_sound = all(result.passed for result in results)
    yield Row("SQL checks of what changed", taken, "s", goal="all pass", met=is_sound)


def publish_all(
    connection: duckdb.DuckDBPyConnection, published: Path, console: Console
) -> Iterator[Row]:
    """The marts file and every month of lines and interactions, written, read back, renamed."""
    approve(connection)
    with console.status("publishing"):
        taken = seconds(lambda: publish(connection, published, "bench"))
    yield Row("publication of everything", taken, "s")
    files = sum(path.stat().st_size for path in published.glob("marts-*.duckdb"))
    yield Row("the marts file", files / GIB, "GiB")


def approve(connection: duckdb.DuckDBPyConnection) -> None:
    """Let what comes after go on, whatever was found: it has been told."""
    built = ledger.last_build(connection)
    assert built is not None, "it was built before"
    ledger.record_checks(connection, built.build, [CheckResult(name, True) for name in rules()])


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """The largest resident memory of this process within the block, sampled ten times a second."""
    process, seen, done = psutil.Process(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            seen[0] = max(seen[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def _peak_row(name: str, peak: list[int]) -> Row:
    value = peak[0] / GIB
    return Row(name, value, "GiB", goal=f"< {PEAK_GOAL_GIB:g}", met=value < PEAK_GOAL_GIB)


def _teller(console: Console) -> Callable[[Built], None]:
    def told(built: Built) -> None:
        if built.rows is not None:
            parts = f", {built.parts:,} parts" if built.parts else ""
            console.print(
                f"{built.model.target}: {built.rows:,} rows{parts} in {built.seconds:.1f} s"
            )

    return told
