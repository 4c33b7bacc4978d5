from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from rich.console import Console

from rynek.market import generate
from tests.conftest import Databases
from tests.warehouse import steps
from warehouse import store

UNTIL = date(2026, 3, 1)


@pytest.fixture(scope="package")
def published_home(
    databases: Databases, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A RYNEK_HOME with a small generated market and its snapshot."""
    home = tmp_path_factory.mktemp("home")
    with databases.fresh(migrated_template) as address:
        generate("tiny", 5, address, home, UNTIL, Console(file=StringIO()))
        database = urlsplit(address).path.lstrip("/")
        source = databases.address(databases.addresses.pipeline_database_url, database)
        with store.opened(home / "warehouse") as warehouse:
            steps.run(warehouse, source, home / "published")
        yield home
