"""What a request needs of the running market, who is asking, and whether it is too often."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated

import redis
from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from transactional.access import replays, tokens
from transactional.access.rate_limits import RateLimits
from transactional.access.tokens import Caller, Role
from transactional.database import Database, Transaction
from transactional.errors import ForbiddenError, MarketError, UnauthenticatedError
from transactional.gateway import Gateway
from transactional.http import problems
from transactional.http.request_database import READING, RequestDatabase
from transactional.http.stripe_seats import StripeSeats
from transactional.http.wire import Answer

# Guessing a token is hopeless; whoever tries is told to stop.
FAILED_SIGN_INS_PER_MINUTE = 300
BEHIND_ONE_ADDRESS = 100
# Signed by Stripe, or asked by whoever keeps the process alive.
UNLIMITED = frozenset({"/v1/webhooks/stripe", "/healthz", "/readyz"})
# POSTs that a token which only reads may send.
WITHOUT_EFFECT = frozenset({"/v1/quote", "/v1/introspect"})


@dataclass(frozen=True)
class Market:
    """The parts behind the routes; the clock is one of them, so that tests can turn it."""

    database: Database
    gateway: Gateway
    redis: "redis.Redis"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    seats: StripeSeats = field(default_factory=StripeSeats)
    limits: RateLimits = field(default_factory=RateLimits)
    requests_per_minute: int = 6_000
    are_webhooks_local: bool = False

    def admit(self, who: Caller) -> None:
        """Count a request of theirs. Raises RateLimitedError; a service stands for many people."""
        if who.role != "service":
            self.limits.demand(who.principal, self.requests_per_minute)


def running_market(request: Request) -> Market:
    """The market, its database as this request has it. Raises RateLimitedError for an address."""
    market: Market = request.app.state.market
    if request.url.path not in UNLIMITED:
        _admit_address(request, market)
    return replace(market, database=RequestDatabase(market.database, request, market.clock))


Running = Annotated[Market, Depends(running_market)]
bearer = HTTPBearer(auto_error=False, description="A token minted by POST /v1/tokens: rk_<role>_…")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def caller(request: Request, market: Running, credentials: Credentials) -> Caller:
    """Who is asking. Raises UnauthenticatedError, ScopeMissingError, RateLimitedError."""
    if credentials is None:
        raise UnauthenticatedError
    with market.database.transaction() as connection:
        found = tokens.introspect(connection, credentials.credentials)
    if found is None:
        market.limits.demand(f"failed {_address(request)}", FAILED_SIGN_INS_PER_MINUTE)
        raise UnauthenticatedError(tokens.NOT_LIVING)
    market.admit(found)
    if not (found.may_write or request.method in READING or request.url.path in WITHOUT_EFFECT):
        raise tokens.ScopeMissingError
    request.state.caller = found
    return found


def caller_if_any(request: Request, market: Running, credentials: Credentials) -> Caller | None:
    return None if credentials is None else caller(request, market, credentials)


def _admit_address(request: Request, market: Market) -> None:
    """Those with a token share a wider limit: many people come through one proxy."""
    if "Authorization" in request.headers:
        most = market.requests_per_minute * BEHIND_ONE_ADDRESS
        market.limits.demand(f"tokens of {_address(request)}", most)
    else:
        market.limits.demand(_address(request), market.requests_per_minute)


def _address(request: Request) -> str:
    return f"address {request.client.host if request.client else 'unknown'}"


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
                self.note_replay()
                return respond(stored, is_replayed=True)
            answer = replays.Answer(status, work(connection).model_dump(mode="json"))
            replays.remember(connection, self.request, answer)
        return respond(answer, is_replayed=False)

    def show(
        self, status: int, work: Callable[[Transaction], Answer], shown_once: type[MarketError]
    ) -> JSONResponse:
        """An answer with a secret: it is not stored, and whoever repeats gets `shown_once`."""
        with self.market.database.transaction() as connection:
            if replays.claim(connection, self.request) is not None:
                raise shown_once
            shown = work(connection).model_dump(mode="json")
            replays.remember(connection, self.request, replays.Answer(status, None))
        return JSONResponse(shown, status, {"Cache-Control": "no-store"})

    def note_replay(self) -> None:
        """This request has no effect of its own: an earlier one had it, and is audited."""
        if isinstance(self.market.database, RequestDatabase):
            self.market.database.note_replay()


def respond(answer: replays.Answer, *, is_replayed: bool) -> JSONResponse:
    media_type = problems.MEDIA_TYPE if answer.status_code >= 400 else None
    headers = {"Idempotent-Replayed": "true"} if is_replayed else None
    return JSONResponse(answer.body, answer.status_code, headers, media_type)


IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Yours, and new for each effect; sent again, it gets the same answer.",
    ),
]


async def _once(
    request: Request,
    market: Running,
    who: Anyone,
    key: IdempotencyKey,
) -> Once:
    fingerprint = replays.fingerprint(request.method, request.url.path, await request.body())
    return Once(market, replays.Request(who.principal, key, fingerprint))


OnceOnly = Annotated[Once, Depends(_once)]
