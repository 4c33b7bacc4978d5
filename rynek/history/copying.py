"""COPY: whole frames into Postgres and query results out of it, never row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

import polars as pl
from psycopg import Connection, sql
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

# Large enough that a COPY message costs nothing, small enough that the bar moves.
CHUNK_ROWS = 50_000
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S%.6f+00"


class RowsPerSecond(ProgressColumn):
    """The speed of one table's COPY."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} rows/s" if speed else "")


def progress_on(console: Console) -> Progress:
    """One bar per table, with its speed."""
    return Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        RowsPerSecond(),
        TimeElapsedColumn(),
        console=console,
    )


@dataclass
class Copier:
    """Appends frames to tables over one connection, inside the caller's transaction.

    stamp: the row_version of every row, where no trigger sets it.
    """

    connection: Connection
    progress: Progress
    stamp: str | None = None
    rows: dict[str, int] = field(default_factory=dict)

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Add `frame` to `table`; its columns carry the table's column names."""
        self.rows[table] = self.rows.get(table, 0) + frame.height
        if frame.is_empty():
            return
        if self.stamp is not None:
            frame = frame.with_columns(row_version=pl.lit(self.stamp))
        bar = self.progress.add_task(table, total=frame.height)
        statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, frame.columns))
        )
        with self.connection.cursor().copy(statement) as copy:
            for chunk in frame.iter_slices(CHUNK_ROWS):
                copy.write(_csv(chunk))
                self.progress.advance(bar, chunk.height)


def _csv(chunk: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    chunk.write_csv(buffer, include_header=False, datetime_format=_TIME_FORMAT)
    return buffer.getvalue()


def query(
    connection: Connection,
    select: sql.Composable,
    columns: Mapping[str, pl.DataType | type[pl.DataType]],
) -> pl.DataFrame:
    """The result of `select` as a frame with `columns` (name → type), in their order."""
    buffer = BytesIO()
    with connection.cursor().copy(
        sql.SQL("copy ({}) to stdout (format csv)").format(select)
    ) as rows:
        for block in rows:
            buffer.write(block)
    if not buffer.tell():
        return pl.DataFrame(schema=dict(columns))
    return pl.read_csv(
        buffer.getvalue(), has_header=False, new_columns=list(columns), schema=dict(columns)
    )
