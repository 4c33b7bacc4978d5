"""When marts are built, and when they are left standing."""

import duckdb
import pytest

from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse.build import build
from warehouse.errors import MartsMissing
from warehouse.load import load

Warehouse = duckdb.DuckDBPyConnection


def test_an_open_market_without_sales_builds_empty_marts(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    load(warehouse, pipeline_database_url)
    assert {built.rows for built in build(warehouse)} == {0, None}


def test_marts_of_unchanged_rows_are_left_standing(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    vendor_id = market.vendor("Ada")
    load_and_build(warehouse, pipeline_database_url)
    load(warehouse, pipeline_database_url)
    assert build(warehouse) == []
    market.rename(vendor_id, "Bea")
    load(warehouse, pipeline_database_url)
    assert build(warehouse) != []
    assert warehouse.sql("select name from marts.vendors").fetchall() == [("Bea",)]


def test_nothing_is_built_before_the_first_load(warehouse: Warehouse) -> None:
    with pytest.raises(MartsMissing):
        build(warehouse)
