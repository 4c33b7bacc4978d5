"""The HTTP surface: routes, Stripe's headers, and Stripe's error envelope for every failure."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rynek.local.stripe.account_links import Onboarding
from rynek.local.stripe.agenda import Timekeeper
from rynek.local.stripe.backstage import Backstage
from rynek.local.stripe.challenge import Challenge
from rynek.local.stripe.clock import Clock
from rynek.local.stripe.counter import Counter, Reply
from rynek.local.stripe.courier import Courier
from rynek.local.stripe.exchange import API_VERSION, Verb
from rynek.local.stripe.faults import ConnectionDropped
from rynek.local.stripe.hangup import HungUp
from rynek.local.stripe.ids import mint
from rynek.local.stripe.question import opened
from rynek.local.stripe.recording import Recording
from rynek.local.stripe.refusals import NoSuchRoute, Refusal
from rynek.local.stripe.routes import VERBS
from rynek.local.stripe.store import Store
from rynek.local.stripe.tasks import TASKS
from rynek.local.stripe.webhook_endpoints import listen

LOOPBACK_NAMES: Final = ["127.0.0.1", "localhost"]
"""A page elsewhere cannot reach the stand-in under a name of its own."""

log = logging.getLogger(__name__)
Endpoint = Callable[[Request], Awaitable[Response]]
Lifespan = Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Settings:
    """What the stand-in is started with."""

    store: Path
    webhook_url: str | None = None
    webhook_secret: str | None = None
    delay_s: float = 0.0
    record: Path | None = None


def build(settings: Settings, world: Callable[[], float] = time.time) -> Starlette:
    """The application over the store in `settings`. Raises StoreTakenError when that is in use."""
    store = Store(settings.store)
    clock = Clock(store, world)
    courier = Courier(store, clock)
    counter = Counter(store, courier, clock, settings.delay_s)
    timekeeper = Timekeeper(store, TASKS, clock, courier.wake)
    backstage = Backstage(counter, clock, timekeeper)
    if settings.webhook_url and settings.webhook_secret:
        with store.transaction() as books:
            listen(books, settings.webhook_url, settings.webhook_secret, int(clock()))

    return Starlette(
        routes=[
            *routes(counter),
            *backstage.routes(),
            Route("/healthz", health_of(courier, timekeeper), methods=["GET"]),
        ],
        middleware=middleware(settings),
        exception_handlers={
            Refusal: refused,
            ConnectionDropped: dropped,
            HTTPException: unrouted,
            Exception: broken,
        },
        lifespan=open_for_business(store, courier, timekeeper),
    )


def open_for_business(store: Store, courier: Courier, timekeeper: Timekeeper) -> Lifespan:
    """While the stand-in answers, webhooks go out and what is due gets done."""

    @contextlib.asynccontextmanager
    async def business(_: Starlette) -> AsyncIterator[None]:
        at_work = [asyncio.create_task(work.run()) for work in (courier, timekeeper)]
        for task in at_work:
            task.add_done_callback(complain)
        yield
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
        store.close()

    return business


def complain(task: asyncio.Task[None]) -> None:
    """Work that stops by itself is a fault of the stand-in; say so instead of going quiet."""
    if not task.cancelled() and (error := task.exception()):
        log.error("deliveries or due tasks stopped", exc_info=error)


def middleware(settings: Settings) -> list[Middleware]:
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES)
    if settings.record is None:
        return [guard]
    return [guard, Middleware(Recording, path=settings.record)]


def routes(counter: Counter) -> list[Route]:
    bank = Challenge(counter)
    questions = Onboarding(counter)
    page = "/_standin/payment_intents/{id}/authenticate"
    return [
        *(
            Route(path, endpoint(counter, verb), methods=[method])
            for (method, path), verb in VERBS.items()
        ),
        Route(page, bank.show, methods=["GET"]),
        Route(page, bank.take, methods=["POST"]),
        Route("/_standin/onboarding/{id}/{token}", questions.show, methods=["GET"]),
        Route("/_standin/onboarding/{id}/{token}", questions.take, methods=["POST"]),
    ]


def endpoint(counter: Counter, verb: Verb) -> Endpoint:
    async def answer(request: Request) -> Response:
        request.state.request_id = mint("req_")
        question = await opened(request, request.state.request_id)
        counter.require_account(question.account)
        return sent(request, await counter.ask(question, verb))

    return answer


def sent(request: Request, reply: Reply) -> Response:
    """The answer with Stripe's headers; a replayed one names the request it was first given to."""
    headers = headers_of(request)
    if reply.replays is not None:
        headers |= {"idempotent-replayed": "true", "original-request": reply.replays}
    body = msgspec.json.encode(reply.answer.body)
    return Response(body, reply.answer.status, headers, media_type="application/json")


def headers_of(request: Request) -> dict[str, str]:
    request_id = getattr(request.state, "request_id", None) or mint("req_")
    told = {"request-id": request_id, "stripe-version": API_VERSION}
    key = request.headers.get("idempotency-key")
    return told | ({"idempotency-key": key} if key and request.method == "POST" else {})


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse(error.envelope(), error.status, headers_of(request) | {**error.headers})


async def dropped(request: Request, error: Exception) -> Response:
    return HungUp()


async def unrouted(request: Request, error: Exception) -> Response:
    where = f"{request.method}: {request.url.path}"
    refusal = NoSuchRoute(f"Unrecognized request URL ({where}), or not part of the stand-in.")
    return await refused(request, refusal)


async def broken(request: Request, error: Exception) -> Response:
    """A fault of the stand-in itself: nothing was committed, and its log has the traceback."""
    message = "The stand-in failed; nothing was changed. Its log says why."
    envelope = {"error": {"type": "api_error", "message": message}}
    return JSONResponse(envelope, 500, headers_of(request))


def health_of(courier: Courier, timekeeper: Timekeeper) -> Endpoint:
    async def health(_: Request) -> Response:
        if not (courier.is_carrying and timekeeper.is_watching):
            return JSONResponse({"status": "deliveries or due tasks stopped"}, 503)
        return JSONResponse({"status": "ok", "api_version": API_VERSION})

    return health
