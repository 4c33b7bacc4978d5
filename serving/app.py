"""The serving app: recommendations, vendors' live figures and the pages that show them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import redis
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from models.errors import ModelsError
from serving import charts, published, recent_behaviour, recommender
from serving.fact_sources import CoreFacts, RedisFacts
from serving.follower import Follower
from serving.http import (
    benchmarks,
    customers,
    exposure,
    forecasts,
    health,
    insights,
    metrics,
    orders,
    pages,
    problems,
    products,
    recommendations,
    search_terms,
    sign_in,
)
from serving.http.asking import Serving
from serving.recommender import Recommender
from serving.settings import Settings
from serving.tokens import Tokens
from serving.watcher import Watcher
from warehouse.errors import WarehouseError
from warehouse.snapshot import Snapshots

LOOK_EVERY_SECONDS = 0.5


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app on these settings, or on the environment's; raises SettingMissing at its start."""

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        parts = assemble(settings or Settings.from_environment())
        app.state.serving = parts
        start(parts)
        yield
        stop(parts)

    app = FastAPI(
        title="Rynek serving",
        version="0.1.0",
        summary="Recommendations and live vendor figures of a marketplace.",
        lifespan=running,
        docs_url=None,  # FastAPI's page fetches its scripts from elsewhere; ours stands in pages
        redoc_url=None,
        responses=problems.RESPONSES,
    )
    problems.install(app)
    for routes in (
        health,
        metrics,
        benchmarks,
        customers,
        products,
        insights,
        forecasts,
        orders,
        recommendations,
        search_terms,
        exposure,
        sign_in,
        pages,
    ):
        app.include_router(routes.router)
    problems.describe(app)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    return app


def assemble(settings: Settings) -> Serving:
    """The parts of one process; nothing runs yet."""
    tokens = Tokens(settings.core_url, settings.introspection_token)
    snapshots = Watcher(
        "published snapshot",
        published.looking_at(Snapshots(settings.published)),
        (WarehouseError,),
        LOOK_EVERY_SECONDS,
    )
    model = Watcher(
        "live model", recommender.looking_at(settings.artifacts), (ModelsError,), LOOK_EVERY_SECONDS
    )
    follower = Follower(
        snapshots,
        RedisFacts(settings.redis_url),
        CoreFacts(settings.core_url, settings.introspection_token),
        tokens.revoke,
    )
    recent = Watcher(
        "recent behaviour",
        recent_behaviour.looking_at(settings.redis_url, time.time),
        (redis.RedisError, msgspec.MsgspecError),
        LOOK_EVERY_SECONDS,
    )
    ranking = Recommender(lambda: model.value, lambda: recent.value)
    return Serving(tokens, snapshots, follower, model, recent, ranking)


def start(parts: Serving) -> None:
    for part in (parts.published, parts.model, parts.recent, parts.follower):
        part.start()
    charts.prepare()


def stop(parts: Serving) -> None:
    for part in (parts.follower, parts.recent, parts.model, parts.published):
        part.stop()
    parts.tokens.close()


app = create_app()
