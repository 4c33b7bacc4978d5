"""The column contract: what is new is told, what is broken stops the load."""

import pytest

from tests.warehouse.loaded import Warehouse, names
from tests.warehouse.market import Market
from warehouse.errors import ColumnContractBroken
from warehouse.load import load


def test_a_new_column_warns_and_loads(market: Market, url: str, warehouse: Warehouse) -> None:
    market.ask("alter table vendors add column motto text")
    assert load(warehouse, url).warnings == (
        "vendors.motto is new in the source and is not loaded",
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("alter table order_lines rename column line_cents to cents", "line_cents is missing"),
        ("alter table stock alter column version type integer", "stock.version is int4"),
        ("revoke select on vendors from rynek_pipeline", "vendors.name is withheld"),
        ("drop table adjustments", "table adjustments is missing"),
    ],
)
def test_a_broken_column_contract_stops_before_anything_is_written(
    market: Market, url: str, warehouse: Warehouse, change: str, complaint: str
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    market.vendor("Bea")
    market.ask(change)
    with pytest.raises(ColumnContractBroken, match=complaint):
        load(warehouse, url)
    assert names(warehouse) == {"Ada"}
