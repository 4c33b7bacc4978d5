"""Whether a load would bring anything is asked without loading."""

from collections.abc import Callable
from dataclasses import replace

import duckdb
import psycopg
import pytest

from tests.warehouse.market import Market
from warehouse.load import load
from warehouse.source import has_news

News = Callable[[], bool]


@pytest.fixture
def is_news(
    market: Market, pipeline_database_url: str, warehouse: duckdb.DuckDBPyConnection
) -> News:
    """Load what is there; ask from then on."""
    market.order(market.shopper(), [(market.offer(market.vendor("Ada")), 1)])
    market.vendor("Bea")
    moment = load(warehouse, pipeline_database_url).load.moment
    return lambda: has_news(pipeline_database_url, moment)


def test_what_was_loaded_is_no_news(is_news: News) -> None:
    assert not is_news()


def test_a_changed_row_is(market: Market, is_news: News) -> None:
    market.ask("update vendors set name = 'Cid' where name = 'Bea'")
    assert is_news()


def test_a_deletion_is(market: Market, is_news: News) -> None:
    market.ask("delete from vendors where name = 'Bea'")
    assert is_news()


def test_a_late_commit_is_from_then_on(
    database_url: str,
    market: Market,
    pipeline_database_url: str,
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    market.vendor("Ada")
    with psycopg.connect(database_url) as late:
        late.execute("update vendors set name = 'Late'")
        moment = load(warehouse, pipeline_database_url).load.moment
        assert not has_news(pipeline_database_url, moment)
        late.commit()
    assert has_news(pipeline_database_url, moment)


def test_a_schema_that_drifted_is(market: Market, is_news: News) -> None:
    market.ask("alter table reviews rename column stars to points")
    assert is_news()


def test_another_history_is(
    market: Market, pipeline_database_url: str, warehouse: duckdb.DuckDBPyConnection
) -> None:
    moment = load(warehouse, pipeline_database_url).load.moment
    assert has_news(pipeline_database_url, replace(moment, identity="1:1:1"))
