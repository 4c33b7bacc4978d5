"""Faults on order: which request goes wrong, in which way, how often (stand-in only)."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import asdict

from rynek.local.stripe.refusals import Json

SPARED: Final = "/_standin/"
"""What the stand-in answers for itself goes wrong never."""

Kind = Literal[
    "fail_before_commit",
    "answer_lost",
    "error_500_saved",
    "error_500_after_commit",
    "rate_limited",
    "delay",
]


class ConnectionDropped(Exception):  # noqa: N818 -- an outcome that was asked for
    """The connection ends without an answer."""


class Match(Struct, forbid_unknown_fields=True, frozen=True):
    """Requests by method and path; both may hold `*`."""

    method: str = "*"
    path: str = "*"


class Fault(Struct, forbid_unknown_fields=True, frozen=True):
    """What happens to matching requests.

    - `fail_before_commit`: the connection ends, nothing happened;
    - `answer_lost`: everything happened, then the connection ends;
    - `error_500_saved`: nothing happened, a 500 is answered and kept under the idempotency key;
    - `error_500_after_commit`: everything happened, a 500 is answered and kept;
    - `rate_limited`: 429 with `Retry-After: seconds`, nothing happened or was kept;
    - `delay`: the answer takes `seconds` longer.
    """

    fault: Kind
    match: Match = Match()
    times: int = 1
    """How many requests it strikes before it is used up."""
    after: int = 0
    """How many matching requests it lets through first."""
    probability: float = 1.0
    seed: int = 0
    seconds: float = 1.0


@dataclass
class Order:
    """A fault with what is left of it."""

    fault: Fault
    left: int
    spared: int = 0
    chance: Random = field(default_factory=Random)

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is struck; counts it if so."""
        match = self.fault.match
        if not (self.left and fnmatchcase(method, match.method) and fnmatchcase(path, match.path)):
            return False
        if self.spared < self.fault.after:
            self.spared += 1
            return False
        if self.chance.random() >= self.fault.probability:
            return False
        self.left -= 1
        return True

    def shown(self) -> Json:
        return asdict(self.fault) | {"match": asdict(self.fault.match), "left": self.left}


class Faults:
    """All faults on order; a request is struck by the first that matches."""

    def __init__(self) -> None:
        self._orders: list[Order] = []

    def add(self, faults: list[Fault]) -> None:
        self._orders += [Order(one, one.times, chance=Random(one.seed)) for one in faults]

    def clear(self) -> None:
        self._orders.clear()

    def shown(self) -> list[Json]:
        """Every fault that was ordered, with the times left of it."""
        return [order.shown() for order in self._orders]

    def striking(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets."""
        if path.startswith(SPARED):
            return None
        struck = (order.fault for order in self._orders if order.strikes(method, path))
        return next(struck, None)
