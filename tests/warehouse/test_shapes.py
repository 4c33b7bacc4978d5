"""The columns that are told of without a warehouse are those that a warehouse has."""

import duckdb

from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse.shapes import shapes


def test_columns_and_types_are_those_of_a_warehouse(
    market: Market, pipeline_database_url: str, warehouse: duckdb.DuckDBPyConnection
) -> None:
    market.order(market.shopper(), [(market.offer(market.vendor("Ada")), 1)])
    load_and_build(warehouse, pipeline_database_url)
    for target, columns in shapes().items():
        kept = warehouse.sql(f"from {target} limit 0")
        found = dict(zip(kept.columns, map(str, kept.types), strict=True))
        assert {target: columns} == {target: found}
    assert {"source.orders", "staging.orders", "marts.orders", "marts.forecasts"} <= shapes().keys()
