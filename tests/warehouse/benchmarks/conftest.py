import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Databases
from tests.warehouse.benchmarks.trading import Warehouse, trade
from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse import store
from warehouse.benchmarks.closing import close


@pytest.fixture(scope="package")
def address(databases: Databases, migrated_template: str) -> Iterator[str]:
    """A market of thirteen vendors with trade in January and March, as its owner may write it."""
    with databases.fresh(migrated_template) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            trade(Market(connection).opened(), 13, (1, 3))
        yield address


@pytest.fixture(scope="package")
def both_closed(address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse in which both months are closed."""
    folder = tmp_path_factory.mktemp("closed")
    with store.opened(folder) as warehouse:
        load_and_build(warehouse, address)
        close(warehouse)
    return folder


@pytest.fixture
def traded(both_closed: Path, tmp_path: Path) -> Iterator[Warehouse]:
    """A copy of it, to do anything to."""
    shutil.copytree(both_closed, tmp_path / "warehouse")
    with store.opened(tmp_path / "warehouse") as warehouse:
        yield warehouse
