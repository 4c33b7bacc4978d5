from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.market import Market


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    """An open market with one vendor and one order."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        market = Market(connection).opened()
        market.order(market.shopper(), [(market.offer(market.vendor("Ada")), 2)])
        yield market


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"
