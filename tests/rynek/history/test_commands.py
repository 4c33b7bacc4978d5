"""`rynek import` and `rynek generate` from the command line."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from rynek.cli.main import app
from rynek.history import online_retail
from tests.rynek.history.small import history, loaded, rows

Run = Callable[..., Result]


@pytest.fixture
def home(rynek_home: Path) -> Iterator[Path]:
    """A RYNEK_HOME of its own, for it is passable where pytest's own folders are not."""
    home = rynek_home / "commands"
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def run(database_url: str, pipeline_database_url: str, home: Path) -> Run:
    """`rynek …` on the test's own database."""
    environment = {
        "DATABASE_URL": database_url,
        "PIPELINE_DATABASE_URL": pipeline_database_url,
        "RYNEK_HOME": str(home),
    }

    def command(*words: str) -> Result:
        return CliRunner().invoke(app, words, env=environment)

    return command


@pytest.fixture
def invoices(tmp_path: Path) -> Path:
    """A folder in the shape of Online Retail's, with one sale and its cancellation."""
    folder = tmp_path / "data"
    folder.mkdir()
    sale = {"InvoiceNo": "536365", "StockCode": "85123A", "Description": " WHITE HEART ",
            "Quantity": 6, "UnitPrice": 2.55, "CustomerID": 17850, "Country": "EIRE"}  # fmt: skip
    lines = pl.DataFrame([sale, sale | {"InvoiceNo": "C536366", "Quantity": -6}])
    lines.with_columns(InvoiceDate=pl.datetime(2010, 12, 1, 8, 26)).write_parquet(
        folder / "online_retail.parquet"
    )
    return folder


def test_an_import_says_what_came_in_and_what_was_filled_in(
    run: Run, invoices: Path, database_url: str
) -> None:
    done = run("import", "online-retail", str(invoices))
    assert done.exit_code == 0
    assert "order_lines" in done.stdout
    assert "15.30 GBP" not in done.stdout, "the cancellation takes it back"
    assert rows(database_url, "select title, price_cents from products join offers using "
                "(product_id)") == [("White Heart", 255)]  # fmt: skip
    assert rows(database_url, "select source_ref, country from shoppers") == [("17850", "IE")]


def test_a_second_import_says_that_all_was_there(run: Run, invoices: Path) -> None:
    run("import", "online-retail", str(invoices))
    again = run("import", "online-retail", str(invoices))
    assert again.exit_code == 0
    assert "was there already; nothing added" in again.stdout


def test_a_missing_file_exits_1_with_a_stable_code(run: Run, tmp_path: Path) -> None:
    failed = run("import", "olist", str(tmp_path))
    assert failed.exit_code == 1
    assert "data_folder_invalid" in failed.stderr
    assert "order_items.parquet is missing" in failed.stderr


def test_a_bracket_in_a_path_is_printed_as_it_is(run: Run, tmp_path: Path) -> None:
    failed = run("import", "olist", str(tmp_path / "[/data]"))
    assert failed.exit_code == 1
    assert "data_folder_invalid: " in failed.stderr
    assert "[/data]" in failed.stderr


def test_a_total_that_does_not_come_out_exits_1(
    run: Run, invoices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online_retail, "KNOWN_ROWS", 2)
    failed = run("import", "online-retail", str(invoices))
    assert failed.exit_code == 1
    assert "✗" in failed.stdout
    assert "totals_mismatch" in failed.stderr


def test_generate_loads_a_market_and_says_where_the_truth_lies(
    run: Run, home: Path, database_url: str
) -> None:
    done = run("generate", "--scale", "tiny", "--seed", "2", "--until", "2026-03-01")
    assert done.exit_code == 0, done.output
    assert (home / "truth" / "truth.json").is_file()
    assert rows(database_url, "select count(*) from vendors") == [(20,)]


def test_generate_in_another_currency_exits_1_with_the_command(run: Run, database_url: str) -> None:
    loaded(database_url, history(currency="EUR"))
    failed = run("generate", "--scale", "tiny")
    assert failed.exit_code == 1
    assert "currency_mismatch" in failed.stderr
    assert "rynek generate --scale tiny" in failed.stderr.replace("\n", "")


def test_an_unknown_scale_exits_1_with_a_stable_code(run: Run) -> None:
    failed = run("generate", "--scale", "huge")
    assert failed.exit_code == 1
    assert "scale_unknown" in failed.stderr
