"""Postgres → DuckDB in rows/s, beside a bare binary `COPY … TO STDOUT` of the same tables."""

import statistics
import tempfile
from pathlib import Path

import psycopg
from rich.console import Console

from rynek.bench.report import Report, Row
from rynek.history import import_dataset
from rynek.local.servers import running
from rynek.market import generate
from transactional.migrations import upgrade
from warehouse import change_speed
from warehouse.change_speed import CHANGED, ChangeSpeed
from warehouse.load_speed import LoadSpeed, measure_load

GOAL_RATIO = 0.5
GOAL_SECONDS = 2.0
SEED = 7
MARKET = "insert into installation (currency, time_zone) values ('USD', 'Europe/Warsaw')"
# Triggers and references rest: a crowd of parts without orders would not satisfy them.
AT_REST = "set local session_replication_role = replica"
CROWD = """
    insert into vendor_orders (vendor_order_id, order_id, vendor_id, shopper_pseudonym, status,
        items_cents, shipping_cents, commission_cents, processing_cents, net_cents, units,
        placed_at, paid_at, shipped_at, delivered_at, row_version)
    select n, n, mod(n, 1000) + 1, mod(n, 500000), 'delivered', 1000, 490, 30, 43, 1417, 1,
        placed_at, placed_at, placed_at, placed_at, pg_current_xact_id()
    from generate_series(1, %(rows)s::bigint) as n,
        lateral (
            select timestamptz '2024-11-01' + n * interval '2 years' / %(rows)s as placed_at
        ) as moment
"""


def measure(repetitions: int, data: Path | None, console: Console) -> Report:
    """Import Olist (without `data`, generate the small market) and load it again and again."""
    with tempfile.TemporaryDirectory(prefix="rynek-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with running(home, names=("postgres",)) as addresses:
            upgrade(addresses.database_url)
            scale = fill(addresses.database_url, home, data, console)
            with console.status(f"loading and copying, {repetitions} times in turn"):
                speed = measure_load(addresses.pipeline_database_url, repetitions)
    return Report("load", f"{scale}, {speed.rows:,} rows", rows(speed))


def measure_changes(rows: int, repetitions: int, console: Console) -> Report:
    """Change a thousand of so many vendor orders, and load them."""
    with tempfile.TemporaryDirectory(prefix="rynek-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with running(home, names=("postgres",)) as addresses:
            upgrade(addresses.database_url)
            with console.status(f"writing {rows:,} vendor orders"):
                crowd(addresses.database_url, rows)
            speed = change_speed.measure_changes(
                addresses.database_url, addresses.pipeline_database_url, repetitions, console.print
            )
    return Report("load changes", f"{rows:,} vendor orders", change_rows(speed))


def change_rows(speed: ChangeSpeed) -> tuple[Row, ...]:
    changed = f"load of {CHANGED:,} changed rows"
    found = {
        f"{changed}, of late": speed.recent_seconds,
        f"{changed}, all over the years": speed.spread_seconds,
        "load of nothing new": speed.idle_seconds,
    }
    return tuple(
        Row(name, statistics.median(seconds), "s", goal=f"< {GOAL_SECONDS:g} s",
            met=statistics.median(seconds) < GOAL_SECONDS)
        for name, seconds in found.items()
    )  # fmt: skip


def crowd(database_url: str, rows: int) -> None:
    """So many delivered vendor orders over two years, written in the order of time."""
    with psycopg.connect(database_url) as connection:
        connection.execute(MARKET)
        connection.execute(AT_REST)
        connection.execute(CROWD, {"rows": rows})
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze vendor_orders")


def fill(database_url: str, home: Path, data: Path | None, console: Console) -> str:
    """What to load: real if it is here."""
    if data is not None:
        import_dataset("olist", data / "olist", database_url, console)
        return "Olist"
    generate("small", SEED, database_url, home, console=console)
    return "small market"


def rows(speed: LoadSpeed) -> tuple[Row, ...]:
    """The load's median rate beside the copy's, and the spread of both."""
    return (
        Row(
            "initial load, median",
            speed.load_rows_per_second,
            "rows/s",
            peer="bare binary COPY",
            peer_value=speed.copy_rows_per_second,
            goal=f"ratio ≥ {GOAL_RATIO}",
            met=speed.ratio >= GOAL_RATIO,
        ),
        spread("load, fastest round ÷ slowest", speed.load_seconds),
        spread("COPY, fastest round ÷ slowest", speed.copy_seconds),
    )


def spread(name: str, seconds: tuple[float, ...]) -> Row:
    """1 is a quiet machine."""
    return Row(name, min(seconds) / max(seconds), "")
