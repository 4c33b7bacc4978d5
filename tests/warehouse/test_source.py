"""A source that is not there or not ready, and the barrier behind a load."""

import pytest

from tests.warehouse.loaded import Warehouse
from tests.warehouse.market import Market
from warehouse import ledger, source
from warehouse.errors import SourceNotReady, SourceUnreachable
from warehouse.load import load, load_from


def test_a_durable_commit_separates_the_load_from_later_transactions(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    xmax = load(warehouse, url).load.moment.seen.xmax
    assert market.value("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint") > xmax


def test_a_database_without_a_schema_is_named(
    warehouse: Warehouse, empty_database_url: str
) -> None:
    with pytest.raises(SourceNotReady):
        load(warehouse, empty_database_url)


def test_a_market_that_was_never_opened_is_named(
    warehouse: Warehouse, pipeline_database_url: str
) -> None:
    with pytest.raises(SourceNotReady, match="installation"):
        load(warehouse, pipeline_database_url)


def test_a_server_that_is_not_there_is_named(warehouse: Warehouse) -> None:
    with pytest.raises(SourceUnreachable):
        load(warehouse, "postgresql://nobody@127.0.0.1:1/nothing")


def test_a_server_that_is_gone_before_the_barrier_is_named_and_nothing_is_kept(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    with source.reading(url) as opened:
        opened._database_url = "postgresql://nobody@127.0.0.1:1/nothing"
        with pytest.raises(SourceUnreachable):
            load_from(warehouse, opened)
    assert ledger.last(warehouse) is None
