"""Each listing's forecast beside what it sold before and what is left of it."""

from datetime import UTC, date, datetime, timedelta

import duckdb
import polars as pl

from models.demand.listings import outlook
from models.demand.reorder import Policy
from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse.advice.inputs import DAYS, Inputs
from warehouse.advice.keeping import keep

NOON = datetime(2026, 3, 9, 16, tzinfo=UTC)  # in New York


def advise(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = Inputs.of(warehouse)
    ahead = outlook(found.listings, found.sales, found.spells, found.first, DAYS, Policy())
    keep(warehouse, "marts.forecasts", ahead.forecasts)


def test_a_forecast_stands_beside_what_was_sold_before_and_is_left(
    market: Market, warehouse: duckdb.DuckDBPyConnection, pipeline_database_url: str
) -> None:
    cup, bowl = market.offer(market.vendor(), 500, units=20), market.offer(market.vendor(), 700)
    shopper = market.shopper()
    for days, units in ((-27, 9), (-26, 4), (0, 2), (1, 1)):
        market.order(shopper, [(cup, units)], NOON + timedelta(days=days))
    load_and_build(warehouse, pipeline_database_url)
    advise(warehouse)
    # Sold after the night: in the stock, not in what came before.
    market.ask("update stock set available_units = 3, sold_units = 17 where offer_id = %s", cup)
    market.ask("update offers set status = 'paused' where offer_id = %s", bowl)
    market.order(shopper, [(cup, 1)], NOON + timedelta(days=2))
    load_and_build(warehouse, pipeline_database_url)
    told = pl.DataFrame(
        warehouse.sql(
            """select offer_id, first_date, past_units, past_cents, advised_at_units,
                      available_units, offer_status, month_units > 0 as sells
               from marts.listing_forecasts order by offer_id"""
        ).to_arrow_table()
    )
    first = date(2026, 3, 11)
    assert told.rows() == [
        (cup, first, 7, 3_500, 20, 3, "active", True),
        (bowl, first, 0, 0, 100, 100, "paused", True),
    ]


def test_before_the_first_night_nothing_is_known(
    market: Market, warehouse: duckdb.DuckDBPyConnection, pipeline_database_url: str
) -> None:
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)])
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        "select first_date, past_units, month_units from marts.listing_forecasts"
    ).fetchall() == [(None, None, None)]
