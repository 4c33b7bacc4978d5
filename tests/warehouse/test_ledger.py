"""What a load notes of the source, and what the next one makes of it."""

import pytest

from tests.warehouse.loaded import Warehouse, brought, names
from tests.warehouse.market import Market
from warehouse import ledger
from warehouse.errors import RowVersionInFuture
from warehouse.load import load


def test_the_ledger_keeps_the_moment_and_what_the_source_counted(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    offer_id = market.offer(market.vendor(), price_cents=1250)
    market.order(market.shopper(), [(offer_id, 2)])
    market.ask("update relay set last_position = 41")
    summary = load(warehouse, url)
    assert ledger.last(warehouse) == summary.load
    assert summary.load.moment.relay_position == 41
    assert (summary.load.currency, summary.load.time_zone) == ("USD", "America/New_York")
    assert warehouse.sql(
        "select day::varchar, rows, cents from ledger.source_days where table_name = 'order_lines'"
    ).fetchall() == [("2026-03-10", 1, 2500)]


@pytest.mark.parametrize(
    "seen",
    ["identity = '1:1:1'", "snapshot = '99999999:99999999:'"],
    ids=["has another history", "ran back"],
)
def test_a_source_that_does_not_continue_what_was_loaded_is_read_anew(
    market: Market, url: str, warehouse: Warehouse, seen: str
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    warehouse.sql(f"update ledger.loads set {seen}")
    assert load(warehouse, url).is_full


@pytest.mark.parametrize("change", ["table_oid = 1", "columns = 'vendor_id int8'"])
def test_a_table_that_was_created_anew_or_is_read_by_another_contract_is_read_whole_once(
    market: Market, url: str, warehouse: Warehouse, change: str
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    warehouse.sql(f"update ledger.load_tables set {change} where table_name = 'vendors'")
    assert brought(load(warehouse, url)) == {"vendors": 1}
    assert brought(load(warehouse, url)) == {}


def test_a_row_from_the_future_stops_the_load(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    market.ask("alter table vendors disable trigger stamp_row_version")
    market.ask("update vendors set row_version = '99999999'")
    with pytest.raises(RowVersionInFuture):
        load(warehouse, url)
    assert names(warehouse) == {"Ada"}


def test_of_old_loads_nothing_is_kept(
    market: Market, url: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "LOADS_KEPT", 2)
    for _ in range(4):
        load(warehouse, url)
    for table in ("loads", "load_tables"):
        kept = warehouse.sql(f"select distinct load_id from ledger.{table} order by 1").fetchall()
        assert kept == [(3,), (4,)]
