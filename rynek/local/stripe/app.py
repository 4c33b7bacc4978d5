"""The HTTP surface: routes, Stripe's headers, and Stripe's error envelope for every failure."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rynek.local.stripe.challenge import Challenge
from rynek.local.stripe.counter import Counter, Reply
from rynek.local.stripe.courier import Courier
from rynek.local.stripe.exchange import API_VERSION, Verb
from rynek.local.stripe.ids import mint
from rynek.local.stripe.question import opened
from rynek.local.stripe.recording import Recording
from rynek.local.stripe.refusals import NoSuchRoute, Refusal
from rynek.local.stripe.routes import VERBS
from rynek.local.stripe.store import Store
from rynek.local.stripe.webhook_endpoints import listen

LOOPBACK_NAMES: Final = ["127.0.0.1", "localhost"]
"""A page elsewhere cannot reach the stand-in under a name of its own."""

log = logging.getLogger(__name__)
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Settings:
    """What the stand-in is started with."""

    store: Path
    webhook_url: str | None = None
    webhook_secret: str | None = None
    latency_s: float = 0.0
    record: Path | None = None


def build(settings: Settings, clock: Callable[[], float] = time.time) -> Starlette:
    """The application over the store in `settings`. Raises StoreTakenError when that is in use."""
    store = Store(settings.store)
    courier = Courier(store, clock)
    counter = Counter(store, courier, clock, settings.latency_s)
    if settings.webhook_url and settings.webhook_secret:
        with store.transaction() as books:
            listen(books, settings.webhook_url, settings.webhook_secret, int(clock()))

    @contextlib.asynccontextmanager
    async def open_for_business(_: Starlette) -> AsyncIterator[None]:
        carrying = asyncio.create_task(courier.run())
        carrying.add_done_callback(complain)
        yield
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)
        store.close()

    return Starlette(
        routes=routes(counter),
        middleware=middleware(settings),
        exception_handlers={Refusal: refused, HTTPException: unrouted, Exception: broken},
        lifespan=open_for_business,
    )


def complain(carrying: asyncio.Task[None]) -> None:
    """A courier that stops by itself is a fault of the stand-in; say so instead of going quiet."""
    if not carrying.cancelled() and (error := carrying.exception()):
        log.error("webhook delivery stopped", exc_info=error)


def middleware(settings: Settings) -> list[Middleware]:
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES)
    if settings.record is None:
        return [guard]
    return [guard, Middleware(Recording, path=settings.record)]


def routes(counter: Counter) -> list[Route]:
    bank = Challenge(counter)
    page = "/_standin/payment_intents/{id}/authenticate"
    return [
        *(
            Route(path, endpoint(counter, verb), methods=[method])
            for (method, path), verb in VERBS.items()
        ),
        Route(page, bank.show, methods=["GET"]),
        Route(page, bank.take, methods=["POST"]),
        Route("/healthz", health_of(counter.courier), methods=["GET"]),
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
    body = json.dumps(reply.answer.body, indent=2)
    return Response(body, reply.answer.status, headers, media_type="application/json")


def headers_of(request: Request) -> dict[str, str]:
    request_id = getattr(request.state, "request_id", None) or mint("req_")
    told = {"request-id": request_id, "stripe-version": API_VERSION}
    key = request.headers.get("idempotency-key")
    return told | ({"idempotency-key": key} if key and request.method == "POST" else {})


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse(error.envelope(), error.status, headers_of(request))


async def unrouted(request: Request, error: Exception) -> Response:
    where = f"{request.method}: {request.url.path}"
    refusal = NoSuchRoute(f"Unrecognized request URL ({where}), or not part of the stand-in.")
    return await refused(request, refusal)


async def broken(request: Request, error: Exception) -> Response:
    """A fault of the stand-in itself: nothing was committed, and its log has the traceback."""
    message = "The stand-in failed; nothing was changed. Its log says why."
    envelope = {"error": {"type": "api_error", "message": message}}
    return JSONResponse(envelope, 500, headers_of(request))


def health_of(courier: Courier) -> Endpoint:
    async def health(_: Request) -> Response:
        if not courier.is_carrying:
            return JSONResponse({"status": "webhook delivery stopped"}, 503)
        return JSONResponse({"status": "ok", "api_version": API_VERSION})

    return health
