"""A published market, the real core beside it, and serving over both."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import redis

from serving.app import create_app
from serving.settings import Settings
from tests.conftest import Databases
from tests.serving.core import Core, listening
from tests.serving.market import Market, at
from tests.serving.patience import until
from transactional.database import Database
from transactional.http import app as core_app
from transactional.settings import Settings as CoreSettings

Visit = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def core(databases: Databases, migrated_template: str, redis_server: str) -> Iterator[Core]:
    """The core over HTTP; no test here calls Stripe, so its address leads nowhere."""
    with redis.Redis.from_url(redis_server) as connection:
        connection.flushall()
    with ExitStack() as stack:
        address = stack.enter_context(databases.fresh(migrated_template))
        database = stack.enter_context(Database(address))
        nowhere = "http://127.0.0.1:9"
        settings = CoreSettings(address, redis_server, "sk_test_x", "whsec_x", nowhere)
        url = stack.enter_context(listening(core_app.create_app(settings)))
        core = Core(database, redis_server, url)
        core.found()
        yield core


@pytest.fixture
def market(tmp_path: Path) -> Market:
    """Two vendors with a few offers and some weeks of orders; not yet published."""
    return small_market(tmp_path)


@pytest.fixture
def visit(core: Core, tmp_path: Path) -> Iterator[Visit]:
    """Signs in: `visit("vendor", 1)`, `visit("operator")`, or `visit()` as nobody."""
    with ExitStack() as stack:
        yield visiting(stack, core, tmp_path)


def small_market(home: Path) -> Market:
    market = Market(home / "published")
    market.vendor(1, "Miller & Daughters")
    market.vendor(2, "Harbour Goods")
    for offer_id in range(1, 6):
        market.offer(offer_id, 1, price_cents=offer_id * 1_000)
    market.offer(6, 2, product_id=1, price_cents=900)
    market.order(1, at("2026-11-02T09:00"), 1, 2, shopper=11, status="delivered")
    market.order(1, at("2026-11-09T09:00"), 2, shopper=12, status="shipped", quantity=3)
    market.order(1, at("2026-11-20T09:00"), 1, shopper=11)
    market.order(1, at("2026-11-21T23:30"), 3, shopper=13)
    market.order(1, at("2026-11-21T12:00"), 4, shopper=14, status="cancelled")
    market.order(2, at("2026-11-21T12:00"), 6, shopper=11)
    return market


def visiting(stack: ExitStack, core: Core, home: Path) -> Visit:
    """Clients of serving, which starts with the first visit on what is published by then."""
    started: list[str] = []

    def signed_in(*who: object) -> httpx.Client:
        if not started:
            started.append(serving_at(stack, core, home))
        core.know(*who)
        headers = {"Authorization": f"Bearer {core.token(*who)}"} if who else {}
        return stack.enter_context(httpx.Client(base_url=started[0], headers=headers, timeout=60))

    return signed_in


def serving_at(stack: ExitStack, core: Core, home: Path, redis_url: str | None = None) -> str:
    """Serving's address, once it is ready to answer or has nothing to answer from."""
    settings = Settings(home, redis_url or core.redis_url, core.url, core.token("service"))
    url = stack.enter_context(listening(create_app(settings)))
    if (settings.published / "CURRENT.json").exists():
        until(lambda: httpx.get(f"{url}/readyz").is_success)
    return url
