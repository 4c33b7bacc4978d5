"""The stand-in's control routes under `/_standin/`: JSON in, JSON out, for tests and harnesses.

They answer only from this machine and only with a test key; no fault strikes them, and they are
not recorded as exchanges with Stripe. `control.py` is the client.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rynek.local.stripe import disputes, onboarding, refund_outcomes
from rynek.local.stripe.agenda import Timekeeper
from rynek.local.stripe.clock import Clock
from rynek.local.stripe.counter import Counter
from rynek.local.stripe.exchange import Verb
from rynek.local.stripe.faults import Fault
from rynek.local.stripe.mischief import Mischief
from rynek.local.stripe.question import body_of, for_shopper, require_test_key
from rynek.local.stripe.refusals import InvalidParameter, NoAccess

Wanted = TypeVar("Wanted")


class Advance(Struct, forbid_unknown_fields=True):
    """How far the clock is moved on; it does not move back."""

    advance_seconds: int


class Platform(Struct, forbid_unknown_fields=True):
    """Whether the platform's bank account covers refunds that its balance does not."""

    covers_shortfalls: bool


class Backstage:
    """What a test may do to the stand-in, besides talking to it as to Stripe."""

    def __init__(self, counter: Counter, clock: Clock, timekeeper: Timekeeper) -> None:
        self._counter = counter
        self._clock = clock
        self._timekeeper = timekeeper

    def routes(self) -> list[Route]:
        doors: list[tuple[str, str, Door]] = [
            ("GET", "clock", self.tell_time),
            ("POST", "clock", self.advance),
            ("GET", "faults", self.show_faults),
            ("POST", "faults", self.order_faults),
            ("DELETE", "faults", self.clear_faults),
            ("GET", "webhooks", self.show_mischief),
            ("POST", "webhooks", self.order_mischief),
            ("POST", "webhooks/release", self.release),
            ("POST", "platform", self.set_platform),
            ("POST", "disputes", self.asking(disputes.ordered)),
            ("POST", "disputes/{id}/verdict", self.asking(disputes.decided)),
            ("POST", "accounts/{id}/complete", self.asking(onboarding.complete)),
            ("POST", "accounts/{id}/limit", self.asking(onboarding.limit)),
        ]
        return [
            Route(f"/_standin/{path}", guarded(door), methods=[method])
            for method, path, door in doors
        ]

    async def tell_time(self, _: Request) -> Any:
        return {"now": int(self._clock()), "advanced_seconds": self._clock.advanced_s}

    async def advance(self, request: Request) -> Any:
        """Move the clock on and do everything that became due, in order."""
        wanted = await wanted_in(request, Advance)
        if wanted.advance_seconds < 0:
            raise InvalidParameter("The clock does not move back.", param="advance_seconds")
        self._clock.advance(wanted.advance_seconds)
        self._timekeeper.catch_up()
        self._counter.courier.wake()
        return await self.tell_time(request)

    async def show_faults(self, _: Request) -> Any:
        return {"faults": self._counter.faults.shown()}

    async def order_faults(self, request: Request) -> Any:
        self._counter.faults.add(await wanted_in(request, list[Fault]))
        return await self.show_faults(request)

    async def clear_faults(self, request: Request) -> Any:
        self._counter.faults.clear()
        return await self.show_faults(request)

    async def show_mischief(self, _: Request) -> Any:
        return asdict(self._counter.store.mischief)

    async def order_mischief(self, request: Request) -> Any:
        self._counter.store.mischief = await wanted_in(request, Mischief)
        return await self.show_mischief(request)

    async def release(self, _: Request) -> Any:
        return {"released": self._counter.courier.release()}

    async def set_platform(self, request: Request) -> Any:
        wanted = await wanted_in(request, Platform)
        with self._counter.store.transaction() as books:
            books.turn(refund_outcomes.IS_UNCOVERED, not wanted.covers_shortfalls)
        return asdict(wanted)

    def asking(self, verb: Verb) -> "Door":
        """A door to a verb that the API does not have; it answers with the changed object."""

        async def door(request: Request) -> Any:
            form = await wanted_in(request, dict[str, Any])
            reply = await self._counter.ask(for_shopper(request, form), verb)
            return reply.answer.body

        return door


Door = Callable[[Request], Awaitable[Any]]


def guarded(door: Door) -> Callable[[Request], Awaitable[Response]]:
    """The door, for those who come from this machine with a test key."""

    async def opened(request: Request) -> Response:
        if request.client is None or not ipaddress.ip_address(request.client.host).is_loopback:
            raise NoAccess("The control routes answer only on this machine.")
        require_test_key(request.headers.get("authorization", ""))
        return JSONResponse(await door(request))

    return opened


async def wanted_in(request: Request, kind: type[Wanted]) -> Wanted:
    """The JSON body as `kind`. Raises InvalidParameter saying what does not fit."""
    try:
        return msgspec.json.decode(await body_of(request), type=kind)
    except msgspec.DecodeError as error:
        raise InvalidParameter(f"Not what this control route takes: {error}") from None
