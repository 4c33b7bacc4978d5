"""Marts of a market of full size: built whole, built in parts, and asked, beside Postgres."""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import psutil
import psycopg
import pyarrow as pa
from adbc_driver_postgresql import dbapi as adbc
from rich.console import Console

from rynek.bench.large import FULL, QUICK, Size, change, fill
from rynek.bench.questions import DASHBOARD, INDEXES, MARKET
from rynek.bench.report import Report, Row, percentile
from rynek.local.servers import running
from warehouse import ledger, store
from warehouse.build import Built, build
from warehouse.changes import to_judge
from warehouse.checks import checks, rules
from warehouse.manifest import CheckResult

CHANGED_ROWS = 1_000
GIB = 2**30
PEAK_GOAL, REFRESH_GOAL, LOOKUP_GOAL_MS, MARKET_GOAL = 8.0, 60.0, 10.0, 8.0
TURNS, MARKET_TURNS = 200, 3
SEED = 7
COPIED = ("vendor_orders", "vendor_daily")
POSTGRES_TYPES = {"VARCHAR": "text", "TIMESTAMP WITH TIME ZONE": "timestamptz"}

SCAN = """
    select vendor_id, cast(placed_at as date) as day, count(*) as lines, sum(quantity) as units,
           sum(line_cents) as cents
    from source.order_lines group by all
"""


def measure(console: Console, *, is_quick: bool) -> Report:
    """Synthesise, build, change, build again, ask."""
    size = QUICK if is_quick else FULL
    with tempfile.TemporaryDirectory(prefix="rynek-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with store.opened(home / "warehouse") as connection:
            _fill(connection, size, console)
            rows = list(_told(_building(connection, console), console))
            rows += _told(_refreshing(connection, console), console)
        rows += _told(_asking(home, size, console), console)
    scale = f"{size.lines:,} lines, {size.events:,} events, {size.vendors:,} vendors"
    return Report("warehouse", scale, tuple(rows))


def _told(rows: Iterator[Row], console: Console) -> Iterator[Row]:
    """Say each figure as soon as it is known: a run takes long enough to be cut short."""
    for row in rows:
        console.print(f"{row.name}: {row.value:,.4g} {row.unit}")
        yield row


def _fill(connection: duckdb.DuckDBPyConnection, size: Size, console: Console) -> None:
    with console.status("synthesising the source tables") as status:
        for name, rows in fill(connection, size):
            console.print(f"source.{name}: {rows:,} rows")
            status.update(f"synthesised {name}")
        connection.sql("checkpoint")


def _building(connection: duckdb.DuckDBPyConnection, console: Console) -> Iterator[Row]:
    """Everything whole, and what the memory of this process came to meanwhile."""
    scan = statistics.median(_seconds(lambda: connection.sql(SCAN).fetchall()) for _ in range(3))

    def told(built: Built) -> None:
        if built.rows is not None:
            console.print(f"{built.model.target}: {built.rows:,} rows in {built.seconds:.1f} s")

    with _peak() as peak, console.status("building every mart whole"):
        seconds = _seconds(lambda: build(connection, full=True, on_model=told))
    yield Row("full build of every mart", seconds / 60, "minutes")
    yield Row(
        "full build", seconds, "s", peer="one scan-and-aggregate of the lines", peer_value=scan
    )
    yield Row(
        "peak memory of the build",
        peak[0] / GIB,
        "GiB",
        goal=f"< {PEAK_GOAL:g}",
        met=peak[0] / GIB < PEAK_GOAL,
    )
    with _peak() as peak, console.status("checking every mart"):
        started = time.perf_counter()
        results = [check.run(connection) for check in checks()]
    for result in results:
        if not result.passed:
            console.print(f"[red]{result.name}: {result.detail}")
    yield Row("every SQL check, everything", time.perf_counter() - started, "s")
    yield Row("checks that found something", sum(not result.passed for result in results), "")
    yield Row("peak memory of the checks", peak[0] / GIB, "GiB")


def _refreshing(connection: duckdb.DuckDBPyConnection, console: Console) -> Iterator[Row]:
    """A thousand changed rows: what follows from them is built and checked, nothing else."""
    built = ledger.last_build(connection)
    assert built is not None, "it was built above"
    ledger.record_checks(connection, built.build, [CheckResult(name, True) for name in rules()])
    change(connection, CHANGED_ROWS)
    with console.status("building what follows from a thousand changed rows"):
        started = time.perf_counter()
        done = build(connection)
        seconds = time.perf_counter() - started
    for one in done:
        if one.parts:
            console.print(f"{one.model.target}: {one.parts:,} parts in {one.seconds:.2f} s")
    yield Row(
        f"marts after {CHANGED_ROWS:,} changed rows",
        seconds,
        "s",
        goal=f"< {REFRESH_GOAL:g}",
        met=seconds < REFRESH_GOAL,
    )
    found = to_judge(connection)
    started = time.perf_counter()
    results = [check.run(connection, found) for check in checks()]
    seconds = time.perf_counter() - started
    is_sound = all(result.passed for result in results)
    yield Row("SQL checks of what changed", seconds, "s", goal="all pass", met=is_sound)


def _asking(home: Path, size: Size, console: Console) -> Iterator[Row]:
    """The same SQL of both, in turn; Postgres has its indexes, its statistics and a warm cache."""
    path = home / "warehouse" / store.FILE
    with (
        duckdb.connect(str(path), read_only=True) as marts,
        running(home, names=("postgres",), durable=False, environ={}) as addresses,
    ):
        _copy(marts, addresses.database_url, console)
        with psycopg.connect(addresses.database_url, autocommit=True) as postgres:
            yield from _dashboard(marts, postgres, size, console)
            yield from _market(marts, postgres, console)


def _copy(marts: duckdb.DuckDBPyConnection, database_url: str, console: Console) -> None:
    """Load the marts into Postgres by binary COPY, index, analyse."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for name in COPIED:
            rows = marts.sql(f"from marts.{name} limit 0")
            columns = ", ".join(
                f"{column} {POSTGRES_TYPES.get(str(kind), str(kind).lower())}"
                for column, kind in zip(rows.columns, rows.types, strict=True)
            )
            connection.execute(f"create unlogged table {name} ({columns})".encode())
    for name in COPIED:
        with console.status(f"copying {name} into Postgres"), adbc.connect(database_url) as target:
            batches: pa.RecordBatchReader = marts.sql(f"from marts.{name}").to_arrow_reader(100_000)
            with target.cursor() as cursor:
                cursor.adbc_ingest(name, batches, mode="append")
            target.commit()
    with (
        console.status("indexing in Postgres"),
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        for statement in INDEXES:
            connection.execute(statement.encode())
        connection.execute("vacuum analyze")


def _dashboard(
    marts: duckdb.DuckDBPyConnection, postgres: Any, size: Size, console: Console
) -> Iterator[Row]:
    chosen = Random(SEED).choices(range(1, size.vendors + 1), k=TURNS)
    for name, sql in DASHBOARD.items():
        ours, theirs = [], []
        with console.status(f"asking {TURNS} vendors for their {name}"):
            for vendor_id in chosen:
                one, other = _asked(marts, postgres, sql, vendor_id=vendor_id)
                ours.append(1000 * one)
                theirs.append(1000 * other)
        for percent in (50, 99):
            value = percentile(ours, percent)
            is_goal = percent == 99
            yield Row(
                f"one vendor: {name}, p{percent}",
                value,
                "ms",
                peer="Postgres",
                peer_value=percentile(theirs, percent),
                goal=f"< {LOOKUP_GOAL_MS:g}" if is_goal else None,
                met=value < LOOKUP_GOAL_MS if is_goal else None,
            )


def _market(marts: duckdb.DuckDBPyConnection, postgres: Any, console: Console) -> Iterator[Row]:
    for name, sql in MARKET.items():
        ours, theirs = [], []
        with console.status(f"asking for {name}"):
            for _ in range(MARKET_TURNS):
                one, other = _asked(marts, postgres, sql)
                ours.append(one)
                theirs.append(other)
        value, peer = statistics.median(ours), statistics.median(theirs)
        yield Row(
            name,
            value,
            "s",
            peer="Postgres",
            peer_value=peer,
            goal=f"Postgres takes ≥ {MARKET_GOAL:g}×",
            met=peer >= MARKET_GOAL * value,
        )
        yield Row(f"{name}: Postgres ÷ DuckDB", peer / value, "×")
        yield Row(f"{name}: fastest ÷ slowest", min(ours) / max(ours), "")


def _asked(
    marts: duckdb.DuckDBPyConnection, postgres: Any, sql: str, **values: int
) -> tuple[float, float]:
    """Ask both the same, one after the other; return the seconds of each."""
    one, other = sql.format(schema="marts.", **values), sql.format(schema="", **values)
    return (
        _seconds(lambda: marts.sql(one).fetchall()),
        _seconds(lambda: postgres.execute(other).fetchall()),
    )


def _seconds(work: Callable[[], Sequence[object]]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def _peak() -> Iterator[list[int]]:
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
