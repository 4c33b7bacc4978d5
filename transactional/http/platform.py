"""Routes of the platform itself: health, currency and time zone, facts, open tasks, Stripe's
webhooks.
"""

from typing import Annotated, Any

import psycopg
import redis
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field
from starlette.concurrency import run_in_threadpool

from transactional import installation, open_tasks
from transactional.database import Transaction
from transactional.errors import MarketError, UnavailableError
from transactional.facts import outbox
from transactional.http.market import OnceOnly, Operator, Running, Service
from transactional.http.wire import Answer, Body
from transactional.payment import webhooks

router = APIRouter(tags=["platform"])
DEFAULT_FACTS = 500

EventId = Annotated[str, Path(pattern="^evt_[A-Za-z0-9_]+$", max_length=255, examples=["evt_1PzK"])]


class NotReadyError(UnavailableError):
    """Something the core depends on does not answer; `missing` names it."""

    code = "not_ready"


class Health(Answer):
    status: str


class FactsPage(Answer):
    """By `published_at` nothing had been committed that lies behind `published_position`."""

    facts: list[dict[str, Any]]
    published_position: int
    published_at: AwareDatetime | None


class OpenTask(Answer):
    kind: str
    key: str
    since: AwareDatetime
    detail: str | None


class Webhook(Answer):
    """An event of Stripe, with the tries so far and what the last one met."""

    event_id: str
    type: str
    attempts: int
    last_error: str | None


class InstallationBody(Body):
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["USD"])]
    time_zone: Annotated[str, Field(max_length=64, examples=["Europe/Warsaw"])]


class OpenTasks(Answer):
    data: list[OpenTask]


@router.get("/healthz")
def healthz() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz")
def readyz(market: Running) -> Health:
    """Postgres and Redis answer too."""
    missing = [
        name
        for name, is_there in (("postgres", _has_postgres(market)), ("redis", _has_redis(market)))
        if not is_there
    ]
    if missing:
        raise NotReadyError(missing=missing)
    return Health(status="ready")


@router.put("/v1/installation")
def set_installation(body: InstallationBody, _: Operator, market: Running) -> InstallationBody:
    """The currency and time zone, once: an installation keeps them."""
    wanted = installation.Installation(body.currency, body.time_zone)
    with market.database.transaction() as connection:
        installation.ensure(connection, wanted)
    return body


@router.get("/v1/installation")
def read_installation(market: Running) -> InstallationBody:
    with market.database.transaction() as connection:
        present = installation.read(connection)
    return InstallationBody(currency=present.currency, time_zone=present.time_zone)


@router.get("/v1/facts")
def read_facts(
    _: Service,
    market: Running,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=outbox.LARGEST_PAGE)] = DEFAULT_FACTS,
) -> FactsPage:
    """Published facts behind a position: what a reader missed on the stream."""
    with market.database.transaction() as connection:
        found = outbox.page(connection, after, limit)
    return FactsPage(
        facts=found.facts,
        published_position=found.published_position,
        published_at=found.published_at,
    )


@router.get("/v1/open-tasks")
def read_open_tasks(_: Operator, market: Running) -> OpenTasks:
    """What waits for a worker or a person: oldest first, at most 200."""
    with market.database.transaction() as connection:
        return OpenTasks(data=OpenTask.of_all(open_tasks.read(connection, market.clock())))


@router.post("/v1/webhooks/stripe")
async def receive_webhook(
    request: Request,
    market: Running,
    signature: Annotated[str, Header(alias="Stripe-Signature")] = "",
) -> Health:
    """Verified on the raw bytes, stored once by event id; a worker applies it."""
    body = await request.body()
    event = market.gateway.open_event(body, signature)
    await run_in_threadpool(_store, market, event)
    return Health(status="stored")


@router.post("/v1/webhooks/{event_id}/retry", response_model=Webhook)
def retry_webhook(event_id: EventId, _: Operator, once: OnceOnly) -> JSONResponse:
    """Put a webhook back that was set aside; one that waits is tried at once."""

    def retry(connection: Transaction) -> Webhook:
        return Webhook.of(webhooks.try_again(connection, event_id, once.market.clock()))

    return once.answer(200, retry)


def _store(market: Running, event: dict[str, Any]) -> None:
    with market.database.transaction() as connection:
        webhooks.store(connection, event, market.clock())


def _has_postgres(market: Running) -> bool:
    try:
        with market.database.transaction() as connection:
            connection.execute("select from relay")
    except (MarketError, psycopg.Error):
        return False
    return True


def _has_redis(market: Running) -> bool:
    try:
        return bool(market.redis.ping())
    except redis.RedisError:
        return False
