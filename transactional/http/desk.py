"""POST /v1/orders without a framework in between: the one route that must be quick.

It stands in front of the app, takes the same bodies and gives the same problems as every other
route. http/orders.py declares it for the OpenAPI document.
"""

from collections.abc import Mapping
from dataclasses import replace

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from transactional.access import replays
from transactional.errors import UnauthenticatedError
from transactional.http import problems
from transactional.http.cart_bodies import CartBody
from transactional.ordering.placement import Application, Placed

METHOD, PATH = "POST", "/v1/orders"
PLACED = 201
LONGEST_KEY = 255
SCHEME = "bearer"


class OrderDesk:
    """Answers POST /v1/orders in front of `app`, by its `waiting_orders`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != METHOD:
            await self._app(scope, receive, send)
            return
        try:
            application = _application(scope, await _read(receive))
            outcome = await scope["app"].state.waiting_orders.answer(application)
        except Exception as error:
            outcome = error
        if isinstance(outcome, Placed):
            await _send(send, outcome)
        else:
            response = await problems.respond(scope, outcome)
            await response(scope, receive, send)


async def _read(receive: Receive) -> bytes:
    """The whole body; the limit in front of the desk bounds it."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


def _application(scope: Scope, body: bytes) -> Application:
    """Raises UnauthenticatedError; what else is wrong is told once it is known who asks."""
    headers = dict(scope["headers"])
    key = headers.get(b"idempotency-key", b"").decode("latin-1")
    cart = _cart(key, body)
    asked = Application(
        token=_token(headers),
        key=key,
        request_hash=replays.fingerprint(METHOD, PATH, body),
        request_id=scope.get("state", {}).get("request_id"),
    )
    if isinstance(cart, CartBody):
        return replace(asked, wanted=cart.wanted(), destination=cart.destination(None))
    return replace(asked, fault=cart)


def _cart(key: str, body: bytes) -> CartBody | RequestValidationError:
    if not 1 <= len(key) <= LONGEST_KEY:
        return RequestValidationError([{"loc": ("header", "idempotency-key"), "msg": "missing"}])
    try:
        return CartBody.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
        )


def _token(headers: Mapping[bytes, bytes]) -> str:
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() != SCHEME or not token:
        raise UnauthenticatedError
    return token.strip()


async def _send(send: Send, placed: Placed) -> None:
    body = placed.answer
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if placed.is_replayed:
        headers.append((b"idempotent-replayed", b"true"))
    await send({"type": "http.response.start", "status": PLACED, "headers": headers})
    await send({"type": "http.response.body", "body": body})
