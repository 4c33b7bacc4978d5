"""Generating a market into an installation."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from rynek.history.errors import CurrencyMismatchError
from rynek.market import GenerateReport, generate
from tests.conftest import Databases
from tests.rynek.history.live import compared
from tests.rynek.history.small import breaches, history, loaded, rows

UNTIL = date(2026, 3, 1)


@dataclass(frozen=True)
class Generated:
    database_url: str
    home: Path
    report: GenerateReport


def generated(database_url: str, home: Path, until: date | None) -> GenerateReport:
    return generate("tiny", 5, database_url, home, until, Console(file=StringIO()))


@pytest.fixture(scope="module")
def tiny(
    databases: Databases, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Generated]:
    home = tmp_path_factory.mktemp("home")
    with databases.fresh(migrated_template) as address:
        yield Generated(address, home, generated(address, home, UNTIL))


def test_the_core_finds_nothing_wrong_with_a_generated_market(tiny: Generated) -> None:
    assert tiny.report.rows["vendors"] == 20
    assert tiny.report.rows["behaviour_events"] > 5_000
    assert breaches(tiny.database_url) == []


def test_generated_orders_come_out_of_the_live_path_the_same(tiny: Generated) -> None:
    assert compared(tiny.database_url, tiny.report.source, count=200) == 200


def test_generating_again_adds_nothing_even_on_a_later_day(tiny: Generated) -> None:
    again = generated(tiny.database_url, tiny.home, until=None)
    assert again.source == tiny.report.source
    assert again.rows == {}


def test_imports_and_generation_write_no_facts(tiny: Generated) -> None:
    assert rows(tiny.database_url, "select count(*) from outbox") == [(0,)]


def test_the_truth_is_kept_under_the_keys_of_the_database(tiny: Generated) -> None:
    truth = tiny.home / "truth"
    for table, key in [
        ("shoppers", "shopper_pseudonym"), ("products", "product_id"), ("vendors", "vendor_id"),
    ]:  # fmt: skip
        known = {row[0] for row in rows(tiny.database_url, f"select {key} from {table}")}
        assert set(pl.read_parquet(truth / f"{table}.parquet")[key]) == known
    told = json.loads((truth / "truth.json").read_text())
    assert (told["first_date"], told["last_date"]) == ("2025-11-01", "2026-02-28")


def test_true_demand_less_what_was_lost_is_what_the_orders_hold(tiny: Generated) -> None:
    demand = pl.read_parquet(tiny.home / "truth" / "demand.parquet")
    served = demand.group_by("offer_id").agg(
        units=pl.col("wished_units").sum() - pl.col("lost_units").sum()
    )
    expected = dict(served.filter(pl.col("units") > 0).sort("offer_id").iter_rows())
    query = "select offer_id, sum(quantity)::bigint from order_lines group by 1 order by 1"
    assert {int(str(o)): int(str(n)) for o, n in rows(tiny.database_url, query)} == expected


def test_the_true_price_of_today_is_the_offer_s(tiny: Generated) -> None:
    prices = pl.read_parquet(tiny.home / "truth" / "prices.parquet").sort("from_date")
    last = prices.group_by("offer_id").agg(pl.col("price_cents").last()).sort("offer_id")
    query = "select offer_id, price_cents from offers order by offer_id"
    assert rows(tiny.database_url, query) == last.rows()


def test_a_market_in_another_currency_is_refused_with_the_command(
    database_url: str, tmp_path: Path
) -> None:
    loaded(database_url, history(currency="EUR"))
    with pytest.raises(CurrencyMismatchError, match="rynek generate --scale tiny --seed 5"):
        generated(database_url, tmp_path, UNTIL)
    assert not (tmp_path / "truth").exists()


def test_prices_and_stock_are_written_down_as_they_moved(tiny: Generated) -> None:
    """What may be known of the past: every price from its day on, every unit that moved."""
    told = pl.read_parquet(tiny.home / "truth" / "prices.parquet")
    changes = rows(tiny.database_url, "select count(*) from offer_prices")[0][0]
    is_change = pl.col("price_cents") != pl.col("price_cents").shift().over("offer_id")
    assert (
        changes == told.sort("offer_id", "from_date").select(is_change.fill_null(True).sum()).item()
    )
    kinds = dict(rows(tiny.database_url, "select kind, count(*) from stock_moves group by 1"))
    assert kinds["opened"] == 300
    assert kinds["sold"] > 500
    assert kinds["restocked"] > 100
    assert kinds["held"] == kinds["released"]
