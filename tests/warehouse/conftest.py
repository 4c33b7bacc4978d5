from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from tests.warehouse.market import Market
from tests.warehouse.numbers import Publish, publisher
from warehouse import store


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    """An open market with nothing in it; every statement commits at once."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Market(connection).opened()


@pytest.fixture
def url(pipeline_database_url: str, market: Market) -> str:
    """The market's address for the role that may only read."""
    return pipeline_database_url


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with store.opened(tmp_path / "warehouse") as connection:
        yield connection


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "published"


@pytest.fixture
def publish_value(warehouse: duckdb.DuckDBPyConnection, published: Path) -> Publish:
    """Publish marts that hold one number everywhere."""
    return publisher(warehouse, published)
