"""Loads beside transactions that commit later, or never."""

import psycopg

from tests.warehouse.loaded import Warehouse, brought, names
from tests.warehouse.market import Market
from warehouse.load import load


def test_a_transaction_open_during_a_load_comes_with_the_next_one(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    with psycopg.connect(database_url) as late:
        Market(late).vendor("Late")
        market.vendor("Early")
        load(warehouse, url)
        assert names(warehouse) == {"Early"}
        late.commit()
    assert brought(load(warehouse, url)) == {"owners": 1, "vendors": 1}
    assert names(warehouse) == {"Early", "Late"}
    assert load(warehouse, url).changed == 0


def test_what_was_loaded_beside_an_open_transaction_is_not_loaded_again(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    with psycopg.connect(database_url) as late:
        Market(late).vendor("Late")
        market.vendor("Early")
        load(warehouse, url)
        assert load(warehouse, url).changed == 0


def test_all_tables_are_of_one_moment_whatever_commits_between_them(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    with psycopg.connect(database_url) as late:
        Market(late).vendor("Late")

        def commit(table: str, _: int) -> None:
            if table == "owners":
                late.commit()

        load(warehouse, url, on_table=commit)
    assert names(warehouse) == set(), "its owner was not there when owners were read"
    assert brought(load(warehouse, url)) == {"owners": 1, "vendors": 1}


def test_what_was_rolled_back_never_arrives(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    load(warehouse, url)
    with psycopg.connect(database_url) as regretted:
        Market(regretted).vendor("Regretted")
        regretted.rollback()
    assert load(warehouse, url).changed == 0


def test_a_row_written_in_a_savepoint_carries_the_outer_transaction(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    with psycopg.connect(database_url) as nested:
        Market(nested).vendor("Outer")
        with nested.transaction():
            Market(nested).vendor("Inner")
        with nested.transaction():
            Market(nested).vendor("Undone")
            raise psycopg.Rollback
        load(warehouse, url)
        nested.commit()
    assert brought(load(warehouse, url))["vendors"] == 2
    assert names(warehouse) == {"Outer", "Inner"}
