import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
import redis

from tests.rynek.local.stripe.standins import until
from tests.transactional.market import TestMarket, intent_event
from transactional import workers
from transactional.errors import UnavailableError
from transactional.facts.relay import PUBLISHED, STREAM
from transactional.payment import webhooks
from transactional.workers import Worker

pytestmark = pytest.mark.slow


def environment(market: TestMarket) -> dict[str, str]:
    chosen = market.settings
    return os.environ | {
        "DATABASE_URL": chosen.database_url,
        "REDIS_URL": chosen.redis_url,
        "STRIPE_API_KEY": chosen.stripe_api_key,
        "STRIPE_API_BASE": str(chosen.stripe_api_base),
        "STRIPE_WEBHOOK_SECRET": chosen.stripe_webhook_secret,
    }


@contextmanager
def running(market: TestMarket, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "transactional.workers"]
    with subprocess.Popen(command, env=environment(market) | more) as process:
        try:
            yield process
        finally:
            process.kill()


def sale_with_nothing_to_dispute(market: TestMarket) -> int:
    """A delivered order whose transfers are due at once; returns its id."""
    market.rows("update installation set dispute_window_days = 0 returning 1")
    order_id = market.paid_order((market.offer(), 1))
    market.deliver(order_id)
    return order_id


def is_sent(market: TestMarket) -> bool:
    return bool(market.value("select bool_and(status = 'sent') from transfers"))


def is_applied(market: TestMarket, event_id: str) -> bool:
    applied_at = market.value("select applied_at from webhook_events where event_id = %s", event_id)
    return applied_at is not None


def test_the_workers_do_what_is_due_and_stop_cleanly_on_a_signal(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    order_id = sale_with_nothing_to_dispute(market)
    event = intent_event(market.value("select stripe_payment_intent_id from payments"))
    with market.database.transaction() as connection:
        webhooks.store(connection, event, market.clock())
    with running(market) as process:
        until(lambda: is_sent(market))
        until(lambda: is_applied(market, event["id"]))
        facts = market.value("select count(*) from outbox")
        until(lambda: cast(Any, stream.xlen(STREAM)) == facts)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert market.status(order_id) == "paid"
    assert json.loads(cast(Any, stream.get(PUBLISHED)))["position"] == facts


def test_the_workers_outlive_lost_connections_to_postgres_and_redis(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    with running(market) as process:
        until(lambda: stream.get(PUBLISHED))
        market.rows(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        stream.client_kill_filter(_type="normal", skipme=True)
        sale_with_nothing_to_dispute(market)
        until(lambda: is_sent(market))
        until(lambda: cast(Any, stream.xlen(STREAM)) > 0)
        assert process.poll() is None


def test_a_sale_ends_in_letters_and_an_order_forgotten_in_its_cancellation(
    market: TestMarket, stream: "redis.Redis", tmp_path: Path
) -> None:
    offer = market.offer()
    market.rows("update vendors set email = 'vendor@shop.example' returning 1")
    market.paid_order((offer, 1))
    with running(market, MAIL_FOLDER=str(tmp_path)):
        until(lambda: list(tmp_path.glob("new_order.*.eml")))
        market.rows("update timers set due_at = now() returning 1")
        until(lambda: list(tmp_path.glob("vendor_order_cancelled.*.eml")))
    assert market.value("select status from vendor_orders") == "cancelled"


def test_a_wrong_setting_stops_the_start_and_says_which(market: TestMarket) -> None:
    wrong = environment(market) | {"DATABASE_URL": "mysql://nowhere"}
    ended = subprocess.run(
        [sys.executable, "-m", "transactional.workers"],
        env=wrong,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "DATABASE_URL is 'mysql://nowhere'; wanted: postgresql://" in ended.stderr


@pytest.mark.parametrize(
    "error", [UnavailableError(), psycopg.OperationalError(), redis.ConnectionError()]
)
def test_what_a_restart_breaks_is_tried_again(error: Exception) -> None:
    stop, turns = threading.Event(), iter([error, error, None])

    def turn(stop: threading.Event) -> None:
        if (outcome := next(turns)) is not None:
            raise outcome
        stop.set()

    workers.run(Worker("patient", turn), stop)
    assert list(turns) == []


def test_an_unforeseen_error_ends_every_worker_and_is_reported() -> None:
    def fail(_: threading.Event) -> None:
        raise ZeroDivisionError

    idle = Worker("idle", lambda stop: cast(None, stop.wait(30)))
    assert not workers.supervise([Worker("broken", fail), idle], threading.Event())
