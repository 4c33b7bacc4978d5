"""The core's ASGI app: `uvicorn transactional.http.app:app`."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import redis
from fastapi import FastAPI
from redis.backoff import NoBackoff
from redis.retry import Retry
from starlette.types import Receive, Scope, Send

from transactional import settings
from transactional.access.rate_limits import RateLimits
from transactional.database import Database
from transactional.facts.announcer import Announcer
from transactional.gateway import Gateway
from transactional.http import (
    audit,
    behaviour,
    calendars,
    catalogue,
    catalogue_imports,
    desk,
    disputes,
    docs,
    garbage,
    images,
    notifications,
    onboarding,
    order_answers,
    orders,
    payments,
    people,
    platform,
    problems,
    products,
    refunds,
    reviews,
    routing,
    rules,
    stock,
    vendor_balances,
    vendor_orders,
    vendor_rules,
    vendor_webhooks,
    vendors,
)
from transactional.http.batching import MOST_BATCHES, Batcher
from transactional.http.body_limit import BodyLimit
from transactional.http.counter import WAITING_ORDERS
from transactional.http.market import Market
from transactional.http.request_id import RequestId
from transactional.ordering.placement import Desk

SECONDS_FOR_REDIS = 1.0
ROUTERS = (
    vendors,
    onboarding,
    products,
    catalogue,
    catalogue_imports,
    stock,
    images,
    routing,
    reviews,
    rules,
    vendor_rules,
    people,
    orders,
    payments,
    vendor_orders,
    refunds,
    disputes,
    vendor_balances,
    calendars,
    vendor_webhooks,
    notifications,
    behaviour,
    platform,
    audit,
    docs,
)


class Core(FastAPI):
    """Everything but placing an order goes through the framework."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if desk.is_meant(scope):
            await desk.serve(self.state, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    chosen: settings.Settings | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """The app; without settings it reads the environment at its start, and stops if it is wrong."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        present = chosen or settings.from_environment()
        client = _redis(present.redis_url)
        threads = ThreadPoolExecutor(MOST_BATCHES, "placing")
        counter = Database(present.database_url, MOST_BATCHES, is_counter=True)
        bell = Database(present.database_url, 1, is_counter=True)
        with Database(present.database_url) as database, counter, bell, client, threads:
            limits = RateLimits()
            market = Market(
                *(database, Gateway(present), client, clock),
                limits=limits,
                requests_per_minute=present.requests_per_minute,
                are_webhooks_local=present.are_webhooks_local,
            )
            app.state.market = market
            news = Announcer(bell)
            placing = Desk(counter, clock, order_answers.newly_placed, market.admit, news.note)
            app.state.waiting_orders = Batcher(placing.serve, threads, news.ring)
            with news.at_work(), limits.synced(client), garbage.collected_seldom():
                yield {WAITING_ORDERS: app.state.waiting_orders}

    app = Core(
        title="Rynek core",
        version="0.1.0",
        summary="Vendors, catalogue, stock, orders, payments and the facts they make.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestId)
    problems.install(app)
    for routes in ROUTERS:
        app.include_router(routes.router)
    problems.describe(app)
    return app


def _redis(url: str) -> "redis.Redis":
    """Redis is second here: a request must not wait long for it, nor try again."""
    return redis.Redis.from_url(
        url,
        socket_timeout=SECONDS_FOR_REDIS,
        socket_connect_timeout=SECONDS_FOR_REDIS,
        retry=Retry(NoBackoff(), 0),
    )


app = create_app()
