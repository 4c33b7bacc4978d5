"""POST /v1/orders without a framework in between: the one route that must be quick.

It takes the same bodies and gives the same problems as every other route. http/orders.py declares
it for the OpenAPI document.
"""

from collections.abc import Iterable, Mapping, Sequence

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
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

Headers = Iterable[tuple[bytes, bytes]]


def is_meant(scope: Scope) -> bool:
    """Whether this request is to place an order."""
    return (scope["type"], scope.get("path"), scope.get("method")) == ("http", PATH, METHOD)


async def serve(state: State, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request that is meant, by the app's `waiting_orders`."""
    request_id = request_ids.of(scope)
    try:
        taken = application(scope["headers"], await _read(receive), request_id)
        outcome = await state.waiting_orders.answer(taken)
    except Exception as error:
        outcome = error
    if isinstance(outcome, Placed):
        headers = answer_headers(outcome, request_id)
        await send({"type": "http.response.start", "status": PLACED, "headers": headers})
        await send({"type": "http.response.body", "body": outcome.answer})
    else:
        response = await refusal(scope, outcome, request_id)
        await response(scope, receive, send)


async def refusal(scope: Scope, error: Exception, request_id: str) -> JSONResponse:
    """The problem that an order ended in."""
    response = await problems.respond(scope, error)
    response.headers[request_ids.HEADER] = request_id
    return response


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


def application(headers: Headers, body: bytes, request_id: str) -> Application:
    """Raises UnauthenticatedError; what else is wrong is told once it is known who asks."""
    named = dict(headers)
    key = named.get(b"idempotency-key", b"").decode("latin-1")
    token = _token(named)
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


def answer_headers(placed: Placed, request_id: str) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(placed.answer)),
        (request_ids.WANTED, request_id.encode()),
    ]
    if placed.is_replayed:
        headers.append((b"idempotent-replayed", b"true"))
    return headers
