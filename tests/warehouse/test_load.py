"""What a load brings, replaces and removes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.warehouse.loaded import Warehouse, brought, contents, names
from tests.warehouse.market import Market
from warehouse import ledger, reconcile, store
from warehouse.load import load


def test_a_first_load_brings_every_row(market: Market, url: str, warehouse: Warehouse) -> None:
    offer_id = market.offer(market.vendor("Ada"))
    market.order(market.shopper(), [(offer_id, 2)])
    summary = load(warehouse, url)
    assert summary.is_full
    catalogue = {"owners": 1, "vendors": 1, "shoppers": 1, "products": 1}
    catalogue |= {"offers": 1, "offer_prices": 1, "stock": 1}
    sales = {"orders": 1, "vendor_orders": 1, "order_lines": 1}
    assert brought(summary) == catalogue | sales


def test_a_second_load_with_nothing_new_brings_nothing(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    before = contents(warehouse)
    summary = load(warehouse, url)
    assert (summary.is_full, summary.changed) == (False, 0)
    assert contents(warehouse) == before


def test_an_update_replaces_the_row(market: Market, url: str, warehouse: Warehouse) -> None:
    ada, _ = market.vendor("Ada"), market.vendor("Bea")
    load(warehouse, url)
    market.rename(ada, "Ada & daughters")
    assert brought(load(warehouse, url)) == {"vendors": 1}
    assert names(warehouse) == {"Ada & daughters", "Bea"}


def test_a_deleted_row_is_removed(market: Market, url: str, warehouse: Warehouse) -> None:
    ada, _ = market.vendor("Ada"), market.vendor("Bea")
    load(warehouse, url)
    market.ask("delete from vendors where vendor_id = %s", ada)
    summary = load(warehouse, url)
    assert summary.deleted["vendors"] == 1
    assert names(warehouse) == {"Bea"}
    assert load(warehouse, url).changed == 0


def test_a_row_that_came_back_after_its_deletion_stays(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    ada = market.vendor("Ada")
    load(warehouse, url)
    market.ask("delete from vendors where vendor_id = %s", ada)
    market.ask(
        """insert into vendors (vendor_id, owner_id, name, status, country)
           select %s, max(owner_id), 'Ada again', 'active', 'US' from owners""",
        ada,
    )
    load(warehouse, url)
    assert names(warehouse) == {"Ada again"}
    load(warehouse, url)
    assert names(warehouse) == {"Ada again"}


def test_of_rows_with_one_number_only_that_of_the_table_named_is_removed(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    ada = market.vendor("Ada")
    market.ask("insert into products (product_id, title) values (%s, 'Cup')", ada)
    load(warehouse, url)
    market.ask("delete from products where product_id = %s", ada)
    assert load(warehouse, url).deleted["products"] == 1
    assert names(warehouse) == {"Ada"}


def test_an_erased_shopper_leaves_the_warehouse(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    erased, kept = market.shopper(), market.shopper()
    load(warehouse, url)
    market.ask("delete from shoppers where shopper_id = %s", erased.shopper_id)
    load(warehouse, url)
    assert warehouse.sql("select shopper_pseudonym from source.shoppers").fetchall() == [
        (kept.pseudonym,)
    ]


def test_no_email_leaves_postgres(market: Market, url: str, tmp_path: Path) -> None:
    market.shopper("canary-7f3a@example.org")
    with store.opened(tmp_path / "own") as connection:
        load(connection, url)
    assert b"canary-7f3a" not in (tmp_path / "own" / store.FILE).read_bytes()


def test_incremental_loads_end_where_a_full_one_does(
    market: Market, url: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    offer_id = market.offer(market.vendor())
    load(warehouse, url)
    shopper = market.shopper()
    market.order(shopper, [(offer_id, 1)])
    load(warehouse, url)
    market.ask("update vendor_orders set status = 'shipped'")
    market.event("view", shopper.pseudonym, offer_id)
    load(warehouse, url)
    with store.opened(tmp_path / "own") as fresh:
        load(fresh, url)
        assert contents(fresh) == contents(warehouse)


def test_a_full_load_reads_everything_again(market: Market, url: str, warehouse: Warehouse) -> None:
    market.vendor()
    load(warehouse, url)
    before = contents(warehouse)
    assert brought(load(warehouse, url, full=True)) == {"owners": 1, "vendors": 1}
    assert contents(warehouse) == before


def test_a_load_that_dies_midway_leaves_the_previous_state(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.vendor("Ada")
    first = load(warehouse, url)
    before = contents(warehouse)
    market.vendor("Bea")

    def die(table: str, _: int) -> None:
        if table == "products":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(warehouse, url, on_table=die)
    assert contents(warehouse) == before
    assert ledger.last(warehouse) == first.load
    assert brought(load(warehouse, url)) == {"owners": 1, "vendors": 1}


def test_an_event_from_before_every_month_is_loaded_from_the_default_partition(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    pseudonym = market.shopper().pseudonym
    load(warehouse, url)
    market.event("view", pseudonym, occurred_at=datetime(2011, 5, 1, tzinfo=UTC))
    assert brought(load(warehouse, url)) == {"behaviour_events": 1}
    assert market.value("select count(*) from behaviour_events_other") == 1
    assert reconcile.by_day(warehouse) == []
