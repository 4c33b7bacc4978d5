"""POST /v1/orders without a framework in between: the one route that must be quick.

It takes the same bodies and gives the same problems as every other route. http/orders.py declares
it for the OpenAPI document.
"""

from collections.abc import Mapping, Sequence

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send

from transactional.access import replays
from transactional.checkout.carts import Destination, Wanted
from transactional.errors import UnauthenticatedError
from transactional.http import body_limit, problems, quick_carts
from transactional.http import request_id as request_ids
from transactional.http.cart_bodies import CartBody
from transactional.ordering.placement import Application, Placed

METHOD, PATH = "POST", "/v1/orders"
PLACED = 201
LONGEST_KEY = 255
SCHEME = "bearer"


def is_meant(scope: Scope) -> bool:
    """Whether this request is to place an order."""
    return (scope["type"], scope.get("path"), scope.get("method")) == ("http", PATH, METHOD)


async def serve(state: State, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request that is meant, by the app's `waiting_orders`."""
    request_id = request_ids.of(scope)
    try:
        application = _application(scope, await _read(receive), request_id)
        outcome = await state.waiting_orders.answer(application)
    except Exception as error:
        outcome = error
    if isinstance(outcome, Placed):
        await _send(send, outcome, request_id)
    else:
        response = await problems.respond(scope, outcome)
        response.headers[request_ids.HEADER] = request_id
        await response(scope, receive, send)


async def _read(receive: Receive) -> bytes:
    """The whole body. Raises HTTPException where it is too large."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        body_limit.demand(len(body))
    body_limit.demand(len(body))
    return body


def _application(scope: Scope, body: bytes, request_id: str) -> Application:
    """Raises UnauthenticatedError; what else is wrong is told once it is known who asks."""
    headers = dict(scope["headers"])
    key = headers.get(b"idempotency-key", b"").decode("latin-1")
    token = _token(headers)
    request_hash = replays.fingerprint(METHOD, PATH, body)
    cart = _cart(key, body)
    if isinstance(cart, RequestValidationError):
        return Application(token, key, request_hash, request_id=request_id, fault=cart)
    return Application(token, key, request_hash, *cart, request_id)


def _cart(key: str, body: bytes) -> tuple[Sequence[Wanted], Destination] | RequestValidationError:
    if not 1 <= len(key) <= LONGEST_KEY:
        return RequestValidationError([{"loc": ("header", "idempotency-key"), "msg": "missing"}])
    return quick_carts.read(body) or _documented(body)


def _documented(body: bytes) -> tuple[Sequence[Wanted], Destination] | RequestValidationError:
    try:
        cart = CartBody.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
        )
    return cart.wanted(), cart.destination(None)


def _token(headers: Mapping[bytes, bytes]) -> str:
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() != SCHEME or not token:
        raise UnauthenticatedError
    return token.strip()


async def _send(send: Send, placed: Placed, request_id: str) -> None:
    body = placed.answer
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (request_ids.HEADER.lower().encode(), request_id.encode()),
    ]
    if placed.is_replayed:
        headers.append((b"idempotent-replayed", b"true"))
    await send({"type": "http.response.start", "status": PLACED, "headers": headers})
    await send({"type": "http.response.body", "body": body})
