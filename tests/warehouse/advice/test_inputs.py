"""What forecasts and insights are made of, on a market that one can do in one's head."""

from datetime import UTC, date, datetime, timedelta

import duckdb
import polars as pl
import pytest

from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse.advice.inputs import Inputs
from warehouse.advice.keeping import keep
from warehouse.errors import CheckFailed, MartsMissing

MONDAY = datetime(2026, 3, 9, 16, tzinfo=UTC)  # noon in New York


def on(days: int, hour: int = 12) -> datetime:
    return MONDAY + timedelta(days=days, hours=hour - 12)


@pytest.fixture
def tea(market: Market) -> int:
    """An offer at 10.00, from its second Monday at 12.00; sold on four days, out on two."""
    offer = market.offer(market.vendor(), 1_000, units=100)
    market.ask("delete from offer_prices")
    for price, days in ((1_000, -3), (1_200, 7)):
        market.ask(
            "insert into offer_prices (offer_id, price_cents, from_at) values (%s, %s, %s)",
            offer, price, on(days, hour=0),
        )  # fmt: skip
    market.ask("update offers set created_at = %s", on(-3))
    loyal, other = market.shopper(), market.shopper()
    for days, shopper, units in ((0, loyal, 2), (1, other, 1), (8, loyal, 3), (13, loyal, 1)):
        market.order(shopper, [(offer, units)], on(days))
    market.ask("alter table stock_moves disable trigger all; delete from stock_moves")
    for kind, units, moment in (
        ("opened", 10, on(-3, 0)), ("sold", -10, on(2, 12)), ("restocked", 90, on(4, 0)),
    ):  # fmt: skip
        market.ask(
            """insert into stock_moves (offer_id, kind, available_units, held_units, sold_units,
                   occurred_at) values (%s, %s, %s, 0, 0, %s)""",
            offer, kind, units, moment,
        )  # fmt: skip
    return offer


def inputs(warehouse: duckdb.DuckDBPyConnection, url: str) -> Inputs:
    load_and_build(warehouse, url)
    return Inputs.of(warehouse)


def test_sales_and_spells_are_told_in_days_of_the_year_before(
    tea: int, warehouse: duckdb.DuckDBPyConnection, pipeline_database_url: str
) -> None:
    found = inputs(warehouse, pipeline_database_url)
    assert found.last == date(2026, 3, 22)
    begin = (date(2026, 3, 9) - found.first).days
    sold = found.sales.sort("day")
    assert (sold["day"] - begin).to_list() == [0, 1, 8, 13]
    assert sold["units"].to_list() == [2, 1, 3, 1]
    [(offer, begins, ends)] = found.spells.rows()
    assert (offer, begins - begin, ends - begin) == (tea, 2.5, 4)
    [listing] = found.listings.to_dicts()
    assert listing["opening_day"] == begin - 3


def test_the_panel_counts_new_buyers_and_open_days_at_each_price(
    tea: int, warehouse: duckdb.DuckDBPyConnection, pipeline_database_url: str
) -> None:
    panel = inputs(warehouse, pipeline_database_url).panel
    told = panel.group_by("price_cents").agg(pl.col("units", "days").sum()).sort("price_cents")
    # At 10.00 ten days, one and a half of them sold out; the loyal shopper's repeats do not count.
    assert told.rows() == [(1_000, 2, 8.5), (1_200, 0, 7.0)]


def test_days_of_a_promotion_are_out_of_the_panel(
    tea: int,
    market: Market,
    warehouse: duckdb.DuckDBPyConnection,
    pipeline_database_url: str,
) -> None:
    market.ask(
        """insert into promotions (vendor_id, name, rate, starts_at, ends_at)
           select vendor_id, 'Spring', 1000, %s, %s from offers""",
        on(7, hour=0), on(10, hour=0),
    )  # fmt: skip
    panel = inputs(warehouse, pipeline_database_url).panel
    assert panel.filter(pl.col("price_cents") == 1_200)["days"].sum() == 4


@pytest.mark.parametrize(("promoted", "open_days"), [("Drinks", 4), ("Toys", 7)])
def test_a_promotion_of_a_category_reaches_what_lies_below_it_and_nothing_else(
    promoted: str,
    open_days: int,
    tea: int,
    market: Market,
    warehouse: duckdb.DuckDBPyConnection,
    pipeline_database_url: str,
) -> None:
    drinks, toys = market.category("Drinks"), market.category("Toys")
    market.ask("update products set category_id = %s", market.category("Tea", drinks))
    market.ask(
        """insert into promotions (vendor_id, category_id, name, rate, starts_at, ends_at)
           select vendor_id, %s, 'Spring', 1000, %s, %s from offers""",
        {"Drinks": drinks, "Toys": toys}[promoted], on(7, hour=0), on(10, hour=0),
    )  # fmt: skip
    panel = inputs(warehouse, pipeline_database_url).panel
    assert panel.filter(pl.col("price_cents") == 1_200)["days"].sum() == open_days


def test_a_price_that_never_changed_tells_nothing(
    market: Market, warehouse: duckdb.DuckDBPyConnection, pipeline_database_url: str
) -> None:
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)])
    assert inputs(warehouse, pipeline_database_url).panel.is_empty()


def test_there_is_nothing_to_forecast_before_the_first_build(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(MartsMissing):
        Inputs.of(warehouse)


CARD = {
    "vendor_id": 1,
    "kind": "restock",
    "offer_id": 1,
    "product_id": 1,
    "what": "a",
    "why": "b",
    "action": "c",
    "effect_cents": 5,
    "effect_low_cents": 1,
    "effect_high_cents": 9,
    "confidence": "low",
    "rank": 1,
    "advised_date": date(2026, 3, 9),
}


@pytest.mark.parametrize("wrong", [{"effect_cents": 10}, {"why": None}, {"rank": 2}])
def test_cards_that_break_a_rule_are_refused_and_the_old_ones_stay(
    wrong: dict[str, object], warehouse: duckdb.DuckDBPyConnection
) -> None:
    keep(warehouse, "marts.insights", pl.DataFrame([CARD]))
    broken = [CARD | {"rank": 2}, CARD | wrong]
    with pytest.raises(CheckFailed, match=r"marts\.insights"):
        keep(warehouse, "marts.insights", pl.DataFrame(broken))
    assert warehouse.sql("select rank from marts.insights").fetchall() == [(1,)]
