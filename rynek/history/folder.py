"""A folder of Parquet files, read with its columns checked before anything else happens."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import ComputeError

from rynek.history.errors import DataFolderInvalidError

TEXT = "text"
WHOLE = "whole number"
AMOUNT = "decimal or floating-point number"
TIME = "time"

OPTIONAL = " or empty"


@dataclass(frozen=True)
class Folder:
    """The data folder of one import."""

    path: Path

    def table(self, name: str, columns: Mapping[str, str]) -> pl.DataFrame:
        """The table `name`.parquet with `columns` (name → kind; a kind + OPTIONAL allows nulls).

        Raises DataFolderInvalidError naming the file, the column, and what was found instead.
        """
        file = self.path / f"{name}.parquet"
        frame = _parquet(file)
        for column, kind in columns.items():
            _check(file, frame, column, kind)
        return frame.select(list(columns))


def _parquet(file: Path) -> pl.DataFrame:
    if not file.is_file():
        raise DataFolderInvalidError.missing_file(file)
    try:
        return pl.read_parquet(file)
    except ComputeError as error:
        raise DataFolderInvalidError.unreadable(file, str(error).partition("\n")[0]) from error


def _check(file: Path, frame: pl.DataFrame, column: str, kind: str) -> None:
    if column not in frame.columns:
        raise DataFolderInvalidError.missing_column(file, column, frame.columns)
    wanted = kind.removesuffix(OPTIONAL)
    dtype = frame.schema[column]
    if not _is_of(dtype, wanted):
        raise DataFolderInvalidError.wrong_type(file, column, wanted, str(dtype))
    empty = frame[column].null_count()
    if empty and not kind.endswith(OPTIONAL):
        raise DataFolderInvalidError.empty_cells(file, column, empty)


def _is_of(dtype: pl.DataType, kind: str) -> bool:
    match kind:
        case "text":
            return dtype == pl.String
        case "whole number":
            return dtype.is_integer()
        case "time":
            return isinstance(dtype, pl.Datetime) and dtype.time_zone is None
        case _:
            return dtype.is_decimal() or dtype.is_float()


def utc(column: str | pl.Expr, time_zone: str) -> pl.Expr:
    """The naive local times of `column` as UTC moments.

    Of an hour that a clock change repeats, the first is meant; one that it skips is moved on.
    """
    local = pl.col(column) if isinstance(column, str) else column
    placed = local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    moved = (local + pl.duration(hours=1)).dt.replace_time_zone(
        time_zone, ambiguous="earliest", non_existent="null"
    )
    return pl.coalesce(placed, moved).dt.convert_time_zone("UTC").dt.cast_time_unit("us")


def cents_of(column: str) -> pl.Expr:
    """Decimal or floating-point currency units as integer cents, rounded half away from zero."""
    # 1.005 as a float is a hair less than what it was written as: that hair is rounded off first.
    amount = (pl.col(column).cast(pl.Float64) * 100).round(6)
    return (amount.abs() + 0.5).floor().cast(pl.Int64) * amount.sign().cast(pl.Int64)
