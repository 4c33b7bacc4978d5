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

import redis

from transactional import behaviour_months, settings
from transactional.access import replays
from transactional.catalogue import images
from transactional.database import PASSING_ERRORS, Database
from transactional.errors import ConfigurationInvalidError, UnavailableError
from transactional.facts import consumers, retention
from transactional.facts.consumers import Consumer
from transactional.facts.relay import RedisSink, Relay
from transactional.gateway import Gateway
from transactional.messages import mail, notifications, webhook_calls
from transactional.ordering import expiry, timers
from transactional.payment import recovery, stripe_events, webhooks
from transactional.people import vendor_accounts
from transactional.settlement import disputes, refund_sending, reversals, transfers

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
LAST_PAUSE = 5.0
SECONDS_TO_STOP = 25.0
SECONDS_BETWEEN_LOOKS = 0.5
TRANSIENT = (UnavailableError, *PASSING_ERRORS, redis.RedisError)
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Worker:
    """`turn` works once and then waits for more work, at most a moment."""

    name: str
    turn: Callable[[threading.Event], None]


def now() -> datetime:
    return datetime.now(UTC)


def start_all(
    chosen: settings.Settings, database: Database, clock: Clock = now, pace: float = 1.0
) -> Sequence[Worker]:
    """One line per worker: how long it rests when idle, its name, its `run_once`.

    Crash tests turn the `clock`, and let all rest shorter by a `pace` below 1.
    """
    gateway = Gateway(chosen)
    told = Consumer("notifications", partial(notifications.take, chosen.operator_email))
    may_be_local = chosen.are_webhooks_local

    def every(seconds: float, name: str, run_once: Callable[[datetime], int]) -> Worker:
        return Worker(name, partial(_work, run_once, clock, seconds * pace))

    workers = [
        Worker("relay", partial(_relay, chosen, clock)),
        every(0.1, "webhooks", partial(webhooks.apply, database, gateway)),
        every(0.2, "transfers", partial(transfers.send, database, gateway)),
        every(0.2, "refunds", partial(refund_sending.send, database, gateway)),
        every(0.2, "reversals", partial(reversals.send, database, gateway)),
        every(2.0, "evidence", partial(disputes.send_evidence, database, gateway)),
        every(1.0, "holds", partial(expiry.sweep, database)),
        every(1.0, "vendor accounts", partial(vendor_accounts.open_awaited, database, gateway)),
        every(5.0, "account flags", partial(vendor_accounts.refresh_due, database, gateway)),
        every(2.0, "images", partial(images.fetch_due, database, chosen.are_webhooks_local)),
        every(5.0, "recovery", partial(recovery.recover, database, gateway)),
        every(0.5, "notifications", partial(consumers.run_once, database, told)),
        every(1.0, "vendor webhooks", partial(webhook_calls.send, database, may_be_local)),
        every(1.0, "timers", partial(timers.fire, database)),
        every(20.0, "stripe events", partial(stripe_events.catch_up, database, gateway)),
        every(60.0, "idempotency keys", partial(replays.forget_old, database)),
        every(3_600.0, "behaviour months", partial(behaviour_months.ensure_present, database)),
        every(600.0, "retention", partial(retention.prune, database)),
    ]
    if post := mail.post_of(chosen):
        letters = partial(mail.send, database, post, chosen.mail_from)
        return [*workers, every(1.0, "letters", letters)]
    log.warning("neither SMTP_URL nor MAIL_FOLDER is set: letters stay due")
    return workers


def run(worker: Worker, stop: threading.Event) -> None:
    """Take turns until stopped, over the restarts of what the worker depends on."""
    pause = FIRST_PAUSE
    while not stop.is_set():
        try:
            worker.turn(stop)
            pause = FIRST_PAUSE
        except TRANSIENT as error:
            cause = error.__cause__ or error
            log.warning("%s: %r; again in %.1f s", worker.name, cause, pause)
            stop.wait(pause)
            pause = min(pause * 2, LAST_PAUSE)


def _work(
    run_once: Callable[[datetime], int], clock: Clock, seconds: float, stop: threading.Event
) -> None:
    if run_once(clock()) == 0:
        stop.wait(seconds)


def _relay(chosen: settings.Settings, clock: Clock, stop: threading.Event) -> None:
    client = redis.Redis.from_url(chosen.redis_url)
    with client, Relay(chosen.database_url, RedisSink(client)) as relay:
        while not stop.is_set():
            relay.run_once(clock)
            relay.wait()


def supervise(workers: Sequence[Worker], stop: threading.Event) -> bool:
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
    while not stop.wait(SECONDS_BETWEEN_LOOKS):
        pass  # a signal that another thread received is only handled when this one wakes
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
        has_ended_well = supervise(start_all(chosen, database), stop)
    log.info("workers have stopped")
    return 0 if has_ended_well else 1


if __name__ == "__main__":
    sys.exit(main())
