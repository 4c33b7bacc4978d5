"""The relay, the core and the loader as processes of their own, to be killed at any moment."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import duckdb
import psycopg
import redis
import uvicorn

from rynek.soak.live import truth
from transactional import workers
from transactional.database import statement
from transactional.facts.relay import RedisSink, Relay
from transactional.http.app import create_app
from transactional.settings import Settings
from transactional.workers import Worker
from warehouse import checks, ledger, source, store
from warehouse.build import build
from warehouse.errors import SourceUnreachable
from warehouse.load import load_from
from warehouse.publish import publish

RETRY_SECONDS = 0.1
# In a row; Postgres recovers within a second or two.
FAILURES_AT_MOST = 300
FAULTS_OF_A_KILL = (SourceUnreachable, adbc.Error, psycopg.OperationalError, duckdb.Error)


class WitnessedRelay(Relay):
    """Writes down, in the transaction that numbers a batch, what Postgres says then."""

    numbering = statement("number_facts")

    def _number(self) -> None:
        with self._connection.transaction():
            self._connection.execute("set transaction isolation level repeatable read")
            if self._connection.execute(self.numbering).rowcount:
                self._connection.execute(truth.RECORD_BATCH)


def relay(database_url: str, redis_url: str, kind: type[Relay]) -> None:
    """Number and publish until killed."""
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker("relay", partial(_turn, database_url, redis_url, kind))
    workers.run(worker, threading.Event())


def _turn(database_url: str, redis_url: str, kind: type[Relay], stop: threading.Event) -> None:
    client = redis.Redis.from_url(redis_url)
    with client, kind(database_url, RedisSink(client)) as relay:
        while not stop.is_set():
            relay.run_once(workers.now)
            relay.wait()


def core(settings: Settings, port: int) -> None:
    """Answer `GET /v1/facts` until killed."""
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    app = create_app(settings)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def loader(home: Path, pipeline_url: str) -> None:
    """Load, build and publish until killed."""
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    failures = 0
    while failures < FAILURES_AT_MOST:
        try:
            load_once(home, pipeline_url)
            failures = 0
        except FAULTS_OF_A_KILL:
            failures += 1
            time.sleep(RETRY_SECONDS)
    raise AssertionError("the loader gave up")


def load_once(
    home: Path, pipeline_url: str, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """One refresh, and what Postgres said at the load's own moment.

    `meanwhile` happens between load and publication. Raises CheckFailed.
    """
    with store.opened(home / "warehouse") as connection:
        with source.reading(pipeline_url) as opened:
            [told] = opened.answer(truth.TOTALS).to_pylist()
            truth.record_load(home, told)
            load_from(connection, opened)
        meanwhile()
        build(connection)
        this = ledger.last_build(connection)
        assert this is not None, "it was built above"
        ledger.record_checks(connection, this.build, [checks.reconciled(connection)])
        publish(connection, home / "published", "soak")
