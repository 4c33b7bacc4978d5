"""What becomes of an erased shopper beyond Postgres, and that names never get there at all."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
import pytest
from psycopg.rows import dict_row

from rynek import traces
from tests.warehouse.market import Market, Shopper
from tests.warehouse.steps import run
from transactional.people import erasure
from warehouse import manifest, store
from warehouse.load import load
from warehouse.snapshot import Snapshot

Warehouse = duckdb.DuckDBPyConnection
Erase = Callable[[Shopper], None]

CANARIES = ("canary-7f3a@example.org", "Canary Birdsong", "Canary Lane 5")


@pytest.fixture
def erase(database_url: str) -> Erase:
    """Erase a shopper as the core does."""

    def erase_one(shopper: Shopper) -> None:
        with psycopg.connect(database_url, row_factory=dict_row) as connection:
            erasure.erase(connection, shopper.shopper_id, datetime.now(UTC))

    return erase_one


@pytest.fixture
def regular(market: Market) -> Shopper:
    """Someone who bought, looked, and came from a browser that had looked before."""
    shopper = market.shopper(CANARIES[0])
    name = "update shoppers set name = %s where shopper_id = %s"
    market.ask(name, CANARIES[1], shopper.shopper_id)
    offer_id = market.offer(market.vendor("Ada"))
    order_id = market.order(shopper, [(offer_id, 1)], status="delivered")
    address = (
        "update orders set ship_to = jsonb_build_object('line1', %s::text) where order_id = %s"
    )
    market.ask(address, CANARIES[2], order_id)
    market.event("view", shopper.pseudonym, offer_id)
    market.event("view", market.visitor(merged_into=shopper), offer_id)
    market.event("view", market.shopper().pseudonym, offer_id)
    return shopper


def mentions(warehouse: Warehouse, word: object) -> set[str]:
    """The tables of the warehouse in which a value, or a part of one, is `word`."""
    tables = warehouse.sql("""
        select schema_name || '.' || table_name from duckdb_tables()
        where database_name = 'warehouse'
    """).fetchall()
    holds = "select 1 from {} as t where t::varchar like '%{}%' limit 1"
    return {table for (table,) in tables if warehouse.sql(holds.format(table, word)).fetchall()}


def test_an_erased_shopper_leaves_with_all_they_did(
    market: Market, warehouse: Warehouse, pipeline_database_url: str, regular: Shopper, erase: Erase
) -> None:
    load(warehouse, pipeline_database_url)
    assert mentions(warehouse, regular.pseudonym) == {
        f"source.{name}"
        for name in ("shoppers", "visitors", "orders", "vendor_orders", "behaviour_events")
    }
    erase(regular)
    load(warehouse, pipeline_database_url)
    assert mentions(warehouse, regular.pseudonym) == set()
    assert warehouse.sql("select count(*) from source.behaviour_events").fetchall() == [(1,)]
    assert warehouse.sql("select sum(items_cents) from source.orders").fetchall() == [(1000,)]


def test_an_erasure_sticks_through_a_full_reload(
    warehouse: Warehouse, pipeline_database_url: str, regular: Shopper, erase: Erase
) -> None:
    load(warehouse, pipeline_database_url)
    erase(regular)
    load(warehouse, pipeline_database_url)
    incremental = warehouse.sql("from source.behaviour_events").fetchall()
    load(warehouse, pipeline_database_url, full=True)
    assert mentions(warehouse, regular.pseudonym) == set()
    assert warehouse.sql("from source.behaviour_events").fetchall() == incremental


@pytest.mark.slow
def test_no_published_file_that_is_left_holds_an_erased_shopper(
    warehouse: Warehouse,
    pipeline_database_url: str,
    published: Path,
    regular: Shopper,
    erase: Erase,
) -> None:
    before = run(warehouse, pipeline_database_url, published)
    erase(regular)
    after = run(warehouse, pipeline_database_url, published)
    assert after.erased_through > before.erased_through
    assert [kept.snapshot_id for kept in manifest.kept(published)] == [after.snapshot_id]
    needed = {published / path for path in after.paths()}
    assert {*published.glob("*.duckdb"), *published.glob("*/*.parquet")} == needed
    snapshot = Snapshot.current(published)
    for (table,) in snapshot.rows("select view_name from duckdb_views() where not internal"):
        found = f"select count(*) from {table} as t where t::varchar like '%{regular.pseudonym}%'"
        assert snapshot.rows(found) == [(0,)], table


@pytest.mark.slow
@pytest.mark.usefixtures("regular")
def test_no_name_and_no_address_leaves_postgres(
    tmp_path: Path, pipeline_database_url: str, published: Path
) -> None:
    """Neither as a value, nor in the bytes of any file, logs and write-ahead logs among them."""
    with store.opened(tmp_path / "own") as own:
        run(own, pipeline_database_url, published)
    assert traces.in_files(tmp_path, CANARIES) == []
    [(title,)] = Snapshot.current(published).rows("select title from offers")
    found = {Path(file).parts[0] for file in traces.in_files(tmp_path, [title])}
    assert found == {"own", "published"}, "the control: what may leave is found where it went"
