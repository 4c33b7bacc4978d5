"""The published snapshot asked what the product asks, beside Postgres with the same rows."""

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import psycopg
import pyarrow as pa
from adbc_driver_postgresql import dbapi as adbc
from rich.console import Console

from rynek.bench.questions import Asked, Asking, Overheard, dashboard, market
from rynek.bench.report import Row, percentile
from rynek.local.servers import running
from warehouse import manifest

LOOKUP_GOAL_MS, MARKET_GOAL = 10.0, 8.0
VENDORS_ASKED, MARKET_TURNS, COPIES_AT_ONCE = 100, 3, 2
SEED = 7

# What the questions read; Postgres has an index for each way in which they look something up.
COPIED = {
    "vendor_orders": (
        "(vendor_id, order_date)",
        "(vendor_id, placed_at desc, vendor_order_id desc)",
        "(order_date)",
    ),
    "vendor_daily": ("(vendor_id, order_date)", "(order_date)"),
    "product_daily": ("(vendor_id, order_date)",),
    "offers": ("(vendor_id)", "(offer_id)"),
    "recent_order_items": ("(vendor_order_id)",),
    "refunds": ("(vendor_id, sale_date)", "(sale_date)"),
    "service_daily": ("(vendor_id, service_date)", "(service_date)"),
    "funnel_daily": ("(vendor_id, session_date)", "(session_date)"),
    "stock_levels": ("(vendor_id, from_date)",),
    "operator_daily": ("(order_date)",),
}
TYPES = {"VARCHAR": "text", "TIMESTAMP WITH TIME ZONE": "timestamptz", "DOUBLE": "double precision"}


@dataclass(frozen=True)
class Both:
    """The snapshot and its peer; `now` is how far the data reach, in the market's zone."""

    snapshot: Overheard
    postgres: Any

    @property
    def now(self) -> datetime:
        manifest = self.snapshot.manifest
        return manifest.data_through.astimezone(ZoneInfo(manifest.time_zone))

    def ask(self, asking: Asking) -> list[tuple[float, float]]:
        """Seconds of snapshot and peer for each question that is asked."""
        return [(asked.seconds, self._peer(asked)) for asked in self.snapshot.listen(asking)]

    def _peer(self, asked: Asked) -> float:
        started = time.perf_counter()
        answer = self.postgres.execute(asked.for_postgres(), asked.parameters).fetchall()
        seconds = time.perf_counter() - started
        assert len(answer) == asked.rows, f"{len(answer)} rows, not {asked.rows}: {asked.sql}"
        return seconds


@contextmanager
def beside(home: Path, published: Path, console: Console) -> Iterator[Both]:
    """The snapshot, and a Postgres with the same marts, sized to the machine and analysed."""
    with running(home, names=("postgres",), environ={}) as addresses:
        _copy(published / manifest.current(published).marts.path, addresses.database_url, console)
        with (
            closing(Overheard.current(published)) as snapshot,
            _session(addresses.database_url) as postgres,
        ):
            snapshot.warm()  # as serving does before it answers from one
            yield Both(snapshot, postgres)


@contextmanager
def _session(database_url: str) -> Iterator[Any]:
    """A session with the memory that an analyst would give it."""
    with psycopg.connect(
        database_url, autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:
        connection.execute("set search_path = marts; set work_mem = '256MB'")
        yield connection


def _copy(file: Path, database_url: str, console: Console) -> None:
    """Load the marts into Postgres by binary COPY, index, vacuum, analyse; two at a time."""
    with (
        duckdb.connect(file, read_only=True) as marts,
        psycopg.connect(database_url, autocommit=True) as connection,
        ThreadPoolExecutor(COPIES_AT_ONCE) as copies,
        console.status("copying the marts into Postgres"),
    ):
        connection.execute("create schema marts")
        list(copies.map(lambda name: _copy_one(marts.cursor(), name, database_url), COPIED))


def _copy_one(marts: duckdb.DuckDBPyConnection, name: str, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("set maintenance_work_mem = '512MB'")
        connection.execute(_definition(marts, name).encode())
        _fill(marts, name, database_url)
        for columns in COPIED[name]:
            connection.execute(f"create index on marts.{name} {columns}".encode())
        connection.execute(f"vacuum analyze marts.{name}".encode())


def _definition(marts: duckdb.DuckDBPyConnection, name: str) -> str:
    rows = marts.sql(f"from {name} limit 0")
    columns = ", ".join(
        f"{column} {TYPES.get(str(kind), str(kind).lower())}"
        for column, kind in zip(rows.columns, rows.types, strict=True)
    )
    return f"create unlogged table marts.{name} ({columns})"


def _fill(marts: duckdb.DuckDBPyConnection, name: str, database_url: str) -> None:
    batches: pa.RecordBatchReader = marts.sql(f"from {name}").to_arrow_reader(100_000)
    with adbc.connect(database_url) as target, target.cursor() as cursor:
        cursor.adbc_ingest(name, batches, mode="append", db_schema_name="marts")
        target.commit()


def dashboards(both: Both, vendors: int, console: Console) -> Iterator[Row]:
    """The pages of some of so many vendors, one after the other; a sample is one question."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    chosen = Random(SEED).choices(range(1, vendors + 1), k=VENDORS_ASKED)
    for asking in dashboard(chosen[0], both.now).values():
        both.ask(asking)  # the first page of a process loads libraries
    with console.status(f"opening the pages of {len(chosen)} vendors"):
        for vendor_id in chosen:
            for name, asking in dashboard(vendor_id, both.now).items():
                found[name] += both.ask(asking)
    for name, pairs in found.items():
        ours, theirs = ([1000 * one for one in side] for side in zip(*pairs, strict=True))
        yield Row(
            f"one vendor: {name}, p50",
            percentile(ours, 50),
            "ms",
            peer="Postgres",
            peer_value=percentile(theirs, 50),
        )
        slowest = percentile(ours, 99)
        yield Row(
            f"one vendor: {name}, p99",
            slowest,
            "ms",
            peer="Postgres",
            peer_value=percentile(theirs, 99),
            goal=f"< {LOOKUP_GOAL_MS:g}",
            met=slowest < LOOKUP_GOAL_MS,
        )


def markets(both: Both, console: Console) -> Iterator[Row]:
    """What is asked of the whole market, some times over; medians are compared."""
    for name, asking in market(both.now).items():
        with console.status(f"asking for {name}"):
            turns = [both.ask(asking) for _ in range(MARKET_TURNS)]
        ours, theirs = ([sum(pair[side] for pair in pairs) for pairs in turns] for side in (0, 1))
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
