"""A published market, the real core beside it, and serving over both."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from serving.app import create_app
from serving.settings import Settings
from tests.serving.core import Core, listening
from tests.serving.market import Market, at
from tests.serving.patience import until
from transactional.database import Database
from transactional.http import app as core_app
from transactional.settings import Settings as CoreSettings

Visit = Callable[..., httpx.Client]


@pytest.fixture
def core(database_url: str, redis_url: str) -> Iterator[Core]:
    """The core over HTTP; no test here calls Stripe, so its address leads nowhere."""
    settings = CoreSettings(database_url, redis_url, "sk_test_x", "whsec_x", "http://127.0.0.1:9")
    with Database(database_url) as database, listening(core_app.create_app(settings)) as url:
        core = Core(database, redis_url, url)
        core.found()
        yield core


@pytest.fixture
def market(tmp_path: Path) -> Market:
    """Two vendors with a few offers and some weeks of orders; not yet published."""
    market = Market(tmp_path / "published")
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


@pytest.fixture
def address(core: Core, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Starts serving on what is published by then, and answers where it listens."""
    settings = Settings(tmp_path, core.redis_url, core.url, core.token("service"))
    with ExitStack() as stack:

        def started() -> str:
            url = stack.enter_context(listening(create_app(settings)))
            if (settings.published / "CURRENT.json").exists():
                until(lambda: httpx.get(f"{url}/readyz").is_success)
            return url

        yield started


@pytest.fixture
def visit(core: Core, address: Callable[[], str]) -> Iterator[Visit]:
    """Signs in: `visit("vendor", 1)`, `visit("operator")`, or `visit()` as nobody."""
    with ExitStack() as stack:
        started: list[str] = []

        def signed_in(*who: object) -> httpx.Client:
            if not started:
                started.append(address())
            headers = {"Authorization": f"Bearer {core.token(*who)}"} if who else {}
            return stack.enter_context(httpx.Client(base_url=started[0], headers=headers))

        yield signed_in
