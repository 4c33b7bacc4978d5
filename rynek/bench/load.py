"""Postgres → DuckDB in rows/s, beside a bare binary `COPY … TO STDOUT` of the same tables."""

import tempfile
from pathlib import Path

from rich.console import Console

from rynek.bench.report import Report, Row
from rynek.history import import_dataset
from rynek.local.servers import running
from rynek.market import generate
from transactional.migrations import upgrade
from warehouse.load_speed import LoadSpeed, measure_load

GOAL_RATIO = 0.5
SEED = 7


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
