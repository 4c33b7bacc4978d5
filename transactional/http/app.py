"""The core's ASGI app: `uvicorn transactional.http.app:app`."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import redis
from fastapi import FastAPI
from redis.backoff import NoBackoff
from redis.retry import Retry

from transactional import settings
from transactional.database import Database
from transactional.gateway import Gateway
from transactional.http import (
    behaviour,
    catalogue,
    docs,
    orders,
    payments,
    people,
    platform,
    problems,
    vendor_orders,
    vendors,
)
from transactional.http.body_limit import BodyLimit
from transactional.http.market import Market

SECONDS_FOR_REDIS = 1.0
ROUTERS = (vendors, catalogue, people, orders, payments, vendor_orders, behaviour, platform, docs)


def create_app(
    chosen: settings.Settings | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """The app; without settings it reads the environment at its start, and stops if it is wrong."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        present = chosen or settings.from_environment()
        client = _redis(present.redis_url)
        with Database(present.database_url) as database, client:
            app.state.market = Market(database, Gateway(present), client, clock)
            yield

    app = FastAPI(
        title="Rynek core",
        version="0.1.0",
        summary="Vendors, catalogue, stock, orders, payments and the facts they make.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
    )
    app.add_middleware(BodyLimit)
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
