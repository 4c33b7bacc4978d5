"""Data folders with something missing or renamed."""

from pathlib import Path

import polars as pl
import pytest

from rynek.history.errors import DataFolderInvalidError
from rynek.history.folder import AMOUNT, OPTIONAL, TEXT, TIME, WHOLE, Folder, cents_of, utc

COLUMNS = {"name": TEXT, "count": WHOLE, "price": AMOUNT, "note": TEXT + OPTIONAL}
GOOD = pl.DataFrame({"name": ["a"], "count": [1], "price": [1.5], "note": [None], "more": [0]})
GOOD = GOOD.with_columns(pl.col("note").cast(pl.String))


def written(folder: Path, frame: pl.DataFrame) -> Folder:
    frame.write_parquet(folder / "things.parquet")
    return Folder(folder)


def test_the_wanted_columns_are_read_and_others_left(tmp_path: Path) -> None:
    assert written(tmp_path, GOOD).table("things", COLUMNS).columns == list(COLUMNS)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (GOOD.rename({"price": "cost"}), r"has no column price \(found: name, count, cost"),
        (GOOD.with_columns(count=pl.lit("one")), "column count: wanted whole number, found String"),
        (GOOD.with_columns(name=pl.lit(None, pl.String)), "column name: 1 cells are empty"),
    ],
)
def test_a_bad_column_is_named_with_what_was_found(
    tmp_path: Path, frame: pl.DataFrame, complaint: str
) -> None:
    with pytest.raises(DataFolderInvalidError, match=complaint) as refusal:
        written(tmp_path, frame).table("things", COLUMNS)
    assert refusal.value.code == "data_folder_invalid"
    assert "things.parquet" in str(refusal.value)


def test_a_missing_file_is_named_with_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(DataFolderInvalidError, match=r"others.parquet is missing \(found: things"):
        written(tmp_path, GOOD).table("others", COLUMNS)


def test_a_missing_folder_is_an_invalid_folder(tmp_path: Path) -> None:
    with pytest.raises(DataFolderInvalidError, match="no such folder"):
        Folder(tmp_path / "nowhere").table("things", COLUMNS)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "things.parquet").write_text("name,count\n")
    with pytest.raises(DataFolderInvalidError, match="not a readable Parquet file"):
        Folder(tmp_path).table("things", COLUMNS)


def test_decimals_and_floats_become_cents_half_away_from_zero() -> None:
    prices = pl.DataFrame({"price": [0.29, 1.005, 19.99, -0.29, 0.0]})
    assert prices.select(cents_of("price")).to_series().to_list() == [29, 101, 1999, -29, 0]


def test_times_that_a_clock_change_skips_or_repeats_are_settled() -> None:
    frame = pl.DataFrame({"at": ["2018-02-17 23:30", "2017-10-15 00:30", "2018-06-01 12:00"]})
    local = frame.select(pl.col("at").str.to_datetime(time_unit="us"))
    found = local.select(utc("at", "America/Sao_Paulo").dt.strftime("%F %H:%M")).to_series()
    assert found.to_list() == ["2018-02-18 01:30", "2017-10-15 03:30", "2018-06-01 15:00"]


def test_a_time_column_must_hold_times(tmp_path: Path) -> None:
    with pytest.raises(DataFolderInvalidError, match="wanted time, found String"):
        written(tmp_path, GOOD).table("things", {"name": TIME})
