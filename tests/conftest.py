"""What tests stand on: real servers, started once per worker and emptied for each test."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect, sync_playwright
from psycopg import sql

from rynek.browsing import ARGUMENTS, chromium
from rynek.local.addresses import Addresses
from rynek.local.servers import running
from rynek.local.stripe.__main__ import RECORD_VARIABLE
from tests.stripe_contract import check_recording
from transactional.migrations import upgrade

REPOSITORY = Path(__file__).parents[1]
# Playwright's own 5 s are short for a page on a slow machine; what holds is seen at once anyway.
PAGE_PATIENCE_MILLISECONDS = 30_000

# A property is of results, not of how long a machine under load takes over an example.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def lacking(what: str) -> None:
    """Skip the test for want of something; in CI nothing may be wanting."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI must have it")
    pytest.skip(what)


@dataclass
class Databases:
    """The databases of a worker's own cluster."""

    addresses: Addresses
    numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def fresh(self, template: str = "template0") -> Iterator[str]:
        """The address of a new database, dropped at the end of the block."""
        name = f"test_{next(self.numbers)}"
        self.order("create database {} template {}", name, template)
        try:
            yield self.address(self.addresses.database_url, name)
        finally:
            self._drop(name)

    def order(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.addresses.database_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _drop(self, name: str) -> None:
        """An autovacuum worker in it may not be terminated by force, but leaves when asked."""
        try:
            self.order("drop database {} with (force)", name)
        except psycopg.errors.InsufficientPrivilege:
            self.order("drop database {}", name)

    @staticmethod
    def address(url: str, database: str) -> str:
        return urlsplit(url)._replace(path=f"/{database}").geturl()


@pytest.fixture(scope="session")
def rynek_home() -> Iterator[Path]:
    """The worker's own RYNEK_HOME: short, and passable for the account that servers drop to."""
    home = Path(tempfile.mkdtemp(prefix="rynek-test-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def databases(rynek_home: Path) -> Iterator[Databases]:
    with running(rynek_home, names=("postgres",), durable=False, environ={}) as addresses:
        yield Databases(addresses)


@pytest.fixture(scope="session")
def migrated_template(databases: Databases) -> Iterator[str]:
    """The name of a database that was migrated once, for others to be copied from."""
    with databases.fresh() as address:
        upgrade(address)
        yield urlsplit(address).path.lstrip("/")


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """A new database with nothing in it."""
    with databases.fresh() as address:
        yield address


@pytest.fixture
def database_url(databases: Databases, migrated_template: str) -> Iterator[str]:
    """A new database with the core's schema, as the role that owns it."""
    with databases.fresh(migrated_template) as address:
        yield address


@pytest.fixture
def pipeline_database_url(databases: Databases, database_url: str) -> str:
    """The same database as `database_url`, for the role that may only read."""
    database = urlsplit(database_url).path.lstrip("/")
    return databases.address(databases.addresses.pipeline_database_url, database)


@pytest.fixture
def app_database_url(databases: Databases, database_url: str) -> str:
    """The same database as `database_url`, for the role the core connects as: it owns nothing."""
    database = urlsplit(database_url).path.lstrip("/")
    return databases.address(databases.addresses.app_database_url, database)


@pytest.fixture(scope="session")
def redis_server(rynek_home: Path) -> Iterator[str]:
    with running(rynek_home, names=("redis",), durable=False, environ={}) as addresses:
        yield addresses.redis_url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The worker's Redis, emptied."""
    with redis.Redis.from_url(redis_server) as connection:
        connection.flushall()
    return redis_server


@pytest.fixture(scope="session")
def stripe(rynek_home: Path) -> Iterator[Addresses]:
    """The running stand-in: `stripe_api_key`, `stripe_api_base`, `stripe_webhook_secret`.

    At the end every exchange that the session had with it is held to Stripe's description.
    """
    recording = rynek_home / "stripe-exchanges.jsonl"
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(RECORD_VARIABLE, str(recording))
            standin = running(rynek_home, names=("stripe",), durable=False, environ={})
            addresses = stack.enter_context(standin)
        yield addresses
    check_recording(recording)


@pytest.fixture(scope="session")
def data_root() -> Path:
    return Path(os.environ.get("RYNEK_DATA") or REPOSITORY.parent / "shared" / "data")


@pytest.fixture(scope="session")
def data_dir(data_root: Path) -> Callable[[str], Path]:
    """The folder of a public data set by name; the test is skipped where it is absent."""

    def named(name: str) -> Path:
        folder = data_root / name
        if not folder.is_dir():
            lacking(f"the data set {name} is not at {folder} (RYNEK_DATA names the folder above)")
        return folder

    return named


@pytest.fixture(scope="session")
def stripe_description(data_root: Path) -> Path:
    """The folder of Stripe's published OpenAPI description."""
    folder = data_root.parent / "stripe"
    if not folder.is_dir():
        lacking(f"Stripe's description is not at {folder}")
    return folder


# No wider than a module: Playwright holds the thread's event loop while it runs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    expect.set_options(timeout=PAGE_PATIENCE_MILLISECONDS)
    executable = chromium()
    if executable is None:
        lacking("no Chromium is installed (Debian: apt-get install chromium)")
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        yield stack.enter_context(
            playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        )
