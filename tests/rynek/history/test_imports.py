"""Importing the public data sets, whole and in part."""

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from rynek.history import complete_journey, import_dataset, online_retail
from rynek.history.errors import (
    CurrencyMismatchError,
    DataFolderInvalidError,
    DatasetUnknownError,
)
from rynek.history.report import ImportReport
from tests.conftest import Databases
from tests.rynek.history.live import compared
from tests.rynek.history.small import breaches, history, loaded, rows

pytestmark = pytest.mark.slow

DataDir = Callable[[str], Path]
# Of these tables the first PART rows are a part of the set that imports in a moment.
PART = 400
CUT = {
    "olist": {"order_items", "order_payments", "orders_partial"},
    "online_retail": {"online_retail"},
    "complete_journey": {"transactions", "products"},
}


def imported(name: str, directory: Path, database_url: str) -> ImportReport:
    return import_dataset(name, directory, database_url, Console(file=StringIO()))


def failed(report: ImportReport) -> list[str]:
    return [found.total.name for found in report.totals if not found.is_exact]


@pytest.fixture(scope="module")
def olist(databases: Databases, migrated_template: str, data_dir: DataDir) -> Iterator[str]:
    """A database with the whole of Olist, imported once for the tests that only read it."""
    directory = data_dir("olist")
    with databases.fresh(migrated_template) as address:
        report = imported("olist", directory, address)
        assert report.is_known
        assert failed(report) == []
        yield address


@pytest.fixture(params=["online_retail", "complete_journey", "olist"])
def partial(request: pytest.FixtureRequest, tmp_path: Path, data_dir: DataDir) -> tuple[str, Path]:
    """The name of an import and a folder with a small part of its set."""
    source = data_dir(request.param)
    for file in source.glob("*.parquet"):
        frame = pl.read_parquet(file)
        cut = frame.head(PART) if file.stem in CUT[request.param] else frame
        cut.write_parquet(tmp_path / file.name)
    return request.param.replace("_", "-"), tmp_path


@pytest.mark.timeout(300)
def test_olist_comes_out_to_the_cent_and_sound(olist: str) -> None:
    assert breaches(olist) == []


@pytest.mark.timeout(300)
def test_importing_olist_again_adds_nothing(olist: str, data_dir: DataDir) -> None:
    report = imported("olist", data_dir("olist"), olist)
    assert report.rows == {}
    assert failed(report) == []


@pytest.mark.timeout(300)
def test_a_thousand_olist_orders_come_out_of_the_live_path_the_same(olist: str) -> None:
    assert compared(olist, "olist", count=1000) == 1000


def test_online_retail_comes_out_to_the_penny(database_url: str, data_dir: DataDir) -> None:
    report = imported("online-retail", data_dir("online_retail"), database_url)
    assert report.is_known
    assert failed(report) == []


def test_the_whole_of_complete_journey_is_read_to_the_cent(data_dir: DataDir) -> None:
    """Without the database, which takes minutes: `rynek import` itself compares all its totals."""
    reading = complete_journey.read(data_dir("complete_journey"))
    read = reading.history
    assert reading.is_known
    assert (read.lines.height, read.lines["line_cents"].sum()) == (1_469_307, 459_603_958)
    assert (read.shoppers.height, read.orders.height) == (2_469, 155_848)
    counts = {filled.what: filled.count for filled in reading.filled}
    assert counts["lines of quantity 0"] == 8_869
    assert counts["lines whose cents do not divide by the quantity"] == 44_595
    assert counts["units on the largest line"] == 89_638


def test_online_retail_says_what_is_untidy(data_dir: DataDir) -> None:
    reading = online_retail.read(data_dir("online_retail"))
    counts = {filled.what: filled.count for filled in reading.filled}
    assert counts["prices below a penny"] == 4
    assert counts["negative prices"] == 2
    assert counts["zero prices"] == 2_515
    assert counts["negative lines that are no cancellations"] == 1_336


def test_a_part_of_a_set_is_imported_without_expecting_its_totals(
    partial: tuple[str, Path], database_url: str
) -> None:
    report = imported(*partial, database_url)
    assert not report.is_known
    assert report.is_exact
    assert report.rows["order_lines"] > 0
    assert breaches(database_url) == []


def test_a_part_imported_twice_adds_nothing(partial: tuple[str, Path], database_url: str) -> None:
    imported(*partial, database_url)
    assert imported(*partial, database_url).rows == {}


def test_a_renamed_column_stops_the_import_before_anything_is_written(
    partial: tuple[str, Path], database_url: str
) -> None:
    name, folder = partial
    renamed = {
        "olist": ("order_items", "price"),
        "online-retail": ("online_retail", "Quantity"),
        "complete-journey": ("transactions", "sales_value"),
    }
    table, column = renamed[name]
    file = folder / f"{table}.parquet"
    pl.read_parquet(file).rename({column: "renamed"}).write_parquet(file)
    with pytest.raises(DataFolderInvalidError, match=f"{table}.parquet has no column {column}"):
        imported(name, folder, database_url)
    assert rows(database_url, "select count(*) from vendors") == [(0,)]


def test_a_known_total_that_does_not_come_out_leaves_nothing(
    database_url: str, tmp_path: Path, data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = pl.read_parquet(data_dir("online_retail") / "online_retail.parquet").head(PART)
    lines.write_parquet(tmp_path / "online_retail.parquet")
    monkeypatch.setattr(online_retail, "KNOWN_ROWS", PART)
    report = imported("online-retail", tmp_path, database_url)
    assert not report.is_exact
    assert "lines" in failed(report)
    assert rows(database_url, "select count(*) from vendors") == [(0,)]


def test_a_second_currency_is_refused_with_the_command_for_a_fresh_home(
    partial: tuple[str, Path], database_url: str
) -> None:
    name, folder = partial
    loaded(database_url, history(currency="PLN"))
    with pytest.raises(CurrencyMismatchError) as refusal:
        imported(name, folder, database_url)
    assert f"RYNEK_HOME=.rynek-{name} rynek import {name} {folder}" in str(refusal.value)


def test_an_unknown_set_is_named_with_those_that_are_known(database_url: str) -> None:
    with pytest.raises(DatasetUnknownError, match="olist, online-retail, complete-journey"):
        imported("amazon", Path(), database_url)
