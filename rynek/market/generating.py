"""Generating a market into an installation."""

import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from rich.console import Console, Group, RenderableType
from rich.table import Table

from rynek.history.bulk import bulk_load, load
from rynek.history.errors import CurrencyMismatchError
from rynek.market.chronicle import chronicle, source_of
from rynek.market.scale import Scale, scale_named
from rynek.market.trading import TIME_ZONE
from rynek.market.truth import write_truth


@dataclass(frozen=True)
class GenerateReport:
    """What was generated: rows added by table, and where the truth lies."""

    source: str
    rows: dict[str, int]
    truth: Path
    seconds: float

    def __rich__(self) -> RenderableType:
        if not self.rows:
            return f"{self.source} was there already; nothing added"
        table = Table("table", title=self.source, title_justify="left")
        table.add_column("rows", justify="right")
        for name, count in self.rows.items():
            table.add_row(name, f"{count:,}")
        total = f"{sum(self.rows.values()):,} rows in {self.seconds:.1f} s"
        return Group(table, f"{total}; ground truth in {self.truth}")


def generate(
    scale: str,
    seed: int,
    database_url: str,
    home: Path,
    until: date | None = None,
    console: Console | None = None,
) -> GenerateReport:
    """Generate the market `seed` at `scale` (a key of SCALES) up to the day before `until`.

    `until` defaults to that of the same market if it is there already, so that generating again
    adds nothing, and else to today in the market's time zone. The truth goes to `home`/truth.
    Raises ScaleUnknownError, CurrencyMismatchError.
    """
    started = time.monotonic()
    size = scale_named(scale)
    folder = home / "truth"
    with bulk_load(database_url, console) as (connection, progress):
        story = chronicle(size, seed, until or _there_until(connection, size, seed) or _today())
        try:
            rows = load(connection, story.history, progress)
        except CurrencyMismatchError as mismatch:
            command = f"RYNEK_HOME=.rynek-{scale} rynek generate --scale {scale} --seed {seed}"
            raise CurrencyMismatchError(f"{mismatch}: {command}") from mismatch
        write_truth(story, connection, folder)
    return GenerateReport(story.history.source, rows, folder, time.monotonic() - started)


def _there_until(connection: psycopg.Connection, scale: Scale, seed: int) -> date | None:
    """The `until` of the latest market of this scale and seed that was generated before."""
    row = connection.execute(
        "select max(source) from vendors where starts_with(source, %s)",
        [source_of(scale, seed, "")],
    ).fetchone()
    return date.fromisoformat(row[0].rpartition(":")[2]) if row and row[0] else None


def _today() -> date:
    return datetime.now(ZoneInfo(TIME_ZONE)).date()
