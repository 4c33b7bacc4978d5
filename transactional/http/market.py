"""What a request needs of the running market, and who is asking."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import redis
from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from transactional import replays, tokens
from transactional.database import Database, Transaction
from transactional.errors import ForbiddenError, UnauthenticatedError
from transactional.gateway import Gateway
from transactional.http import problems
from transactional.http.stripe_seats import StripeSeats
from transactional.http.wire import Answer
from transactional.tokens import Caller, Role


@dataclass(frozen=True)
class Market:
    """The parts behind the routes; the clock is one of them, so that tests can turn it."""

    database: Database
    gateway: Gateway
    redis: "redis.Redis"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    seats: StripeSeats = field(default_factory=StripeSeats)


def running_market(request: Request) -> Market:
    market: Market = request.app.state.market
    return market


Running = Annotated[Market, Depends(running_market)]
bearer = HTTPBearer(auto_error=False, description="A token minted by POST /v1/tokens: rk_<role>_…")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def caller(market: Running, credentials: Credentials) -> Caller:
    """Who is asking. Raises UnauthenticatedError."""
    if credentials is None:
        raise UnauthenticatedError
    with market.database.transaction() as connection:
        found = tokens.introspect(connection, credentials.credentials)
    if found is None:
        raise UnauthenticatedError("this token is unknown, expired or revoked; mint a new one")
    return found


def caller_if_any(market: Running, credentials: Credentials) -> Caller | None:
    return None if credentials is None else caller(market, credentials)


class Allowed:
    """A dependency that lets only these roles in."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    def __call__(self, who: Annotated[Caller, Depends(caller)]) -> Caller:
        if who.role not in self.roles:
            raise ForbiddenError(f"this needs a token of the role {' or '.join(self.roles)}")
        return who


Anyone = Annotated[Caller, Depends(caller)]
Operator = Annotated[Caller, Depends(Allowed("operator"))]
Service = Annotated[Caller, Depends(Allowed("service", "operator"))]
Shopper = Annotated[Caller, Depends(Allowed("shopper"))]
VendorOrOperator = Annotated[Caller, Depends(Allowed("vendor", "operator"))]


class Once:
    """A POST with an effect: the same Idempotency-Key has it once and gets the same answer."""

    def __init__(self, market: Market, request: replays.Request) -> None:
        self.market = market
        self.request = request

    def answer(self, status: int, work: Callable[[Transaction], Answer]) -> JSONResponse:
        """Do `work` and store its answer in one transaction, or give the stored one."""
        with self.market.database.transaction() as connection:
            stored = replays.claim(connection, self.request)
            if stored is not None:
                return respond(stored, is_replayed=True)
            answer = replays.Answer(status, work(connection).model_dump(mode="json"))
            replays.remember(connection, self.request, answer)
        return respond(answer, is_replayed=False)


def respond(answer: replays.Answer, *, is_replayed: bool) -> JSONResponse:
    media_type = problems.MEDIA_TYPE if answer.status_code >= 400 else None
    headers = {"Idempotent-Replayed": "true"} if is_replayed else None
    return JSONResponse(answer.body, answer.status_code, headers, media_type)


async def _once(
    request: Request,
    market: Running,
    who: Anyone,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=255)],
) -> Once:
    fingerprint = replays.fingerprint(request.method, request.url.path, await request.body())
    return Once(market, replays.Request(who.principal, key, fingerprint))


OnceOnly = Annotated[Once, Depends(_once)]
