"""The pool and its sessions: what is stopped or cut off holds nobody up for long."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest

from transactional import database
from transactional.database import POOL_SIZE, Database, DatabaseBusyError

SESSIONS = (
    "select pid from pg_stat_activity where datname = current_database()"
    " and backend_type = 'client backend' and pid <> pg_backend_pid()"
)


@pytest.fixture
def hasty(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Whose sessions may be idle inside a transaction for an instant only."""
    assert "idle_in_transaction_session_timeout=10s" in database.SESSION_OPTIONS
    options = database.SESSION_OPTIONS.replace("timeout=10s", "timeout=100ms")
    monkeypatch.setattr(database, "SESSION_OPTIONS", options)
    with Database(database_url) as hasty:
        yield hasty


def test_who_falls_asleep_in_a_transaction_loses_its_locks(
    hasty: Database, database: Database
) -> None:
    lock = "lock table orders in exclusive mode"

    def sleep_while_another_works() -> None:
        with hasty.transaction() as asleep:
            asleep.execute(lock)
            with database.transaction() as another:
                another.execute(lock)
            asleep.execute("select 1")

    with pytest.raises(DatabaseBusyError):
        sleep_while_another_works()


def test_a_transaction_has_an_end_however_much_it_does(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "transaction_timeout=120s" in database.SESSION_OPTIONS
    options = database.SESSION_OPTIONS.replace("timeout=120s", "timeout=100ms")
    monkeypatch.setattr(database, "SESSION_OPTIONS", options)
    with (
        Database(database_url) as short,
        pytest.raises(DatabaseBusyError),
        short.transaction() as connection,
    ):
        connection.execute("select pg_sleep(30)")


def test_when_one_connection_has_broken_the_others_are_not_tried_in_turn(
    database_url: str,
) -> None:
    with Database(database_url) as pooled:
        with ExitStack() as stack:
            for _ in range(POOL_SIZE):
                stack.enter_context(pooled.transaction())
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"select pg_terminate_backend(pid, 5000) from ({SESSIONS})")
        with pooled.transaction() as transaction:
            transaction.execute("select 1")
        assert pooled._pool.get_stats()["connections_lost"] == 1


def test_many_who_meet_broken_connections_at_once_are_all_answered(database_url: str) -> None:
    def ask(pooled: Database) -> None:
        with pooled.transaction() as connection:
            connection.execute("select 1")

    with Database(database_url) as pooled, ThreadPoolExecutor(2 * POOL_SIZE) as threads:
        for _ in range(3):
            list(threads.map(ask, [pooled] * 4 * POOL_SIZE))
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute(f"select pg_terminate_backend(pid, 5000) from ({SESSIONS})")
        list(threads.map(ask, [pooled] * 4 * POOL_SIZE))
