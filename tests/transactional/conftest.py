"""An empty market for each test, over real Postgres, Redis and the Stripe stand-in.

A copied database for each test costs more than most tests do, so they take turns on one, which is
emptied in between; what tests leave connected is cut off first.

Every exchange with the stand-in is held to Stripe's published description at the end of each test.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis
from fastapi.testclient import TestClient

from rynek.soak.emptying import empty
from tests.conftest import Databases
from tests.rynek.local.stripe.standins import KEY, Standin, running
from tests.stripe_contract import check_recording
from tests.transactional.market import Clock, TestMarket, Visit
from transactional.access.tokens import Role
from transactional.database import Database
from transactional.gateway import Gateway
from transactional.http.app import create_app
from transactional.settings import Settings

SECRET = "whsec_core"

CUT_OFF = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""


@pytest.fixture(scope="package")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("core-stripe") / "exchanges.jsonl"


@pytest.fixture(scope="package")
def standin(recording: Path) -> Iterator[Standin]:
    with running(recording.parent / "store", "--record", str(recording)) as standin:
        yield standin


@pytest.fixture(scope="package")
def shared_database(databases: Databases, migrated_template: str) -> Iterator[str]:
    with databases.fresh(migrated_template) as address:
        yield address


@pytest.fixture
def database_url(shared_database: str) -> str:
    """The package's database as the migrations left it."""
    with psycopg.connect(shared_database, autocommit=True) as connection:
        connection.execute(CUT_OFF)
    empty(shared_database)
    return shared_database


@pytest.fixture
def settings(app_database_url: str, redis_url: str, standin: Standin) -> Settings:
    return Settings(app_database_url, redis_url, KEY, SECRET, standin.url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url) as database:
        yield database


@pytest.fixture
def market(database: Database, settings: Settings, recording: Path) -> Iterator[TestMarket]:
    """A market with a currency and a clock; its exchanges with Stripe are checked afterwards."""
    seen = recording.stat().st_size if recording.exists() else 0
    market = TestMarket(database, Gateway(settings), Clock(), settings)
    market.found()
    yield market
    if recording.exists() and recording.stat().st_size > seen:
        check_recording(recording, after=seen)


@pytest.fixture
def stream(redis_url: str) -> Iterator["redis.Redis"]:
    with closing(redis.Redis.from_url(redis_url)) as client:
        yield client


@pytest.fixture
def visit(market: TestMarket) -> Iterator[Visit]:
    """Sign in over HTTP: `visit("shopper", 3)`, `visit("operator")`, or `visit()` as nobody."""
    app = create_app(market.settings, market.clock)
    with TestClient(app, raise_server_exceptions=False) as anyone:

        def signed_in(role: Role | None = None, subject_id: int | None = None) -> TestClient:
            if role is None:
                return anyone
            headers = {"Authorization": f"Bearer {market.token(role, subject_id)}"}
            return TestClient(app, headers=headers, raise_server_exceptions=False)

        yield signed_in
