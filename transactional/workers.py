"""The workers: loops around a `run_once` that returns a count. `python -m transactional.workers`
runs all.

A loop that did something goes on at once; an idle one waits for its interval (the relay for a
notification). What a dependency's restart breaks is tried again with growing, bounded pauses; any
other error ends the process with status 1, so that its supervisor sees it.
"""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import psycopg
import redis

from transactional import (
    behaviour_months,
    expiry,
    recovery,
    replays,
    settings,
    transfers,
    vendor_accounts,
    webhooks,
)
from transactional.database import Database
from transactional.errors import ConfigurationInvalidError, UnavailableError
from transactional.gateway import Gateway
from transactional.relay import RedisSink, Relay

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
LAST_PAUSE = 5.0
SECONDS_TO_STOP = 25.0
TRANSIENT = (UnavailableError, psycopg.OperationalError, redis.RedisError)


@dataclass(frozen=True)
class Worker:
    """`turn` works once and then waits for more work, at most a moment."""

    name: str
    turn: Callable[[threading.Event], None]


def start_all(chosen: settings.Settings, database: Database) -> Sequence[Worker]:
    gateway = Gateway(chosen)

    def every(seconds: float, name: str, run_once: Callable[[datetime], int]) -> Worker:
        return Worker(name, partial(_work, run_once, seconds))

    return [
        Worker("relay", partial(_relay, chosen)),
        every(0.1, "webhooks", partial(webhooks.apply, database, gateway)),
        every(0.2, "transfers", partial(transfers.send, database, gateway)),
        every(1.0, "holds", partial(expiry.sweep, database)),
        every(1.0, "vendor accounts", partial(vendor_accounts.open_awaited, database, gateway)),
        every(5.0, "recovery", partial(recovery.recover, database, gateway)),
        every(60.0, "idempotency keys", partial(replays.forget_old, database)),
        every(3_600.0, "behaviour months", partial(behaviour_months.ensure_present, database)),
    ]


def run(worker: Worker, stop: threading.Event) -> None:
    """Take turns until stopped, over the restarts of what the worker depends on."""
    pause = FIRST_PAUSE
    while not stop.is_set():
        try:
            worker.turn(stop)
            pause = FIRST_PAUSE
        except TRANSIENT as error:
            log.warning("%s: %r; again in %.1f s", worker.name, error, pause)
            stop.wait(pause)
            pause = min(pause * 2, LAST_PAUSE)


def now() -> datetime:
    return datetime.now(UTC)


def _work(run_once: Callable[[datetime], int], seconds: float, stop: threading.Event) -> None:
    if run_once(now()) == 0:
        stop.wait(seconds)


def _relay(chosen: settings.Settings, stop: threading.Event) -> None:
    client = redis.Redis.from_url(chosen.redis_url)
    with client, Relay(chosen.database_url, RedisSink(client)) as relay:
        while not stop.is_set():
            relay.run_once(now)
            relay.wait()


def _supervise(workers: Sequence[Worker], stop: threading.Event) -> bool:
    """Run every worker in its thread until stopped or one fails; whether all ended well."""
    failures: list[str] = []

    def guarded(worker: Worker) -> None:
        try:
            run(worker, stop)
        except BaseException:
            log.exception("%s ended; the process stops", worker.name)
            failures.append(worker.name)
            stop.set()

    threads = [
        threading.Thread(target=guarded, args=(worker,), name=worker.name, daemon=True)
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(SECONDS_TO_STOP)
    return not failures


def main() -> int:
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("stripe").setLevel(logging.WARNING)
    try:
        chosen = settings.from_environment()
    except ConfigurationInvalidError as error:
        log.error("%s", error)
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Database(chosen.database_url) as database:
        log.info("workers are running")
        has_ended_well = _supervise(start_all(chosen, database), stop)
    log.info("workers have stopped")
    return 0 if has_ended_well else 1


if __name__ == "__main__":
    sys.exit(main())
