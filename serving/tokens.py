"""Who asks: bearer tokens, introspected at the core (RFC 7662) and remembered for a short while."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import httpx
import msgspec

from serving.errors import ForeignFigures, IntrospectionUnavailable, RoleNotAllowed, Unauthenticated

REMEMBERED_SECONDS = 30.0  # the longest that an answer of the core is trusted
REMEMBERED_AT_MOST = 50_000
INTROSPECTION_TIMEOUT_SECONDS = 3.0

Role = Literal["shopper", "vendor", "operator", "service"]


class Principal(msgspec.Struct, frozen=True):
    """The person or program behind a token, as the core describes it.

    own_vendors  ids of the vendors whose owner a shopper is
    """

    role: Role
    sub: str | None = None
    shopper_pseudonym: int | None = None
    own_vendors: frozenset[int] = frozenset()
    exp: int | None = None

    def may_see_vendor(self, vendor_id: int) -> bool:
        return self.role in ("operator", "service") or self.sub == f"ven_{vendor_id}"

    def require_operator(self) -> None:
        """Raises RoleNotAllowed unless the whole market's figures may be shown."""
        if self.role not in ("operator", "service"):
            raise RoleNotAllowed("Only operators see the whole market's figures.")

    def require_vendor(self, vendor_id: int) -> None:
        """Raises ForeignFigures or RoleNotAllowed unless this vendor's figures may be shown."""
        if self.role == "shopper":
            raise RoleNotAllowed(
                "A shopper's token opens no vendor's figures; sign in as a vendor."
            )
        if not self.may_see_vendor(vendor_id):
            raise ForeignFigures(f"This token belongs to {self.sub}, not to ven_{vendor_id}.")


class Introspection(msgspec.Struct, frozen=True):
    active: bool
    role: Role | None = None
    sub: str | None = None
    shopper_pseudonym: int | None = None
    own_vendors: tuple[str, ...] = ()
    exp: int | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    principal: Principal
    until: float


class Tokens:
    """Introspects tokens; trusts an answer for 30 s at most, and until the token is revoked."""

    def __init__(
        self, core_url: str, service_token: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._core = httpx.Client(
            base_url=core_url,
            headers={"Authorization": f"Bearer {service_token}"},
            timeout=INTROSPECTION_TIMEOUT_SECONDS,
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: dict[str, Remembered] = {}
        self._revocations = 0

    def principal(self, token: str) -> Principal:
        """Who the token stands for. Raises Unauthenticated or IntrospectionUnavailable."""
        token_hash = hashlib.sha256(token.encode()).hexdigest()
        known = self._remembered.get(token_hash)
        if known and self._clock() < known.until:
            return known.principal
        revocations = self._revocations
        principal = self._ask(token)
        self._remember(token_hash, principal, revocations)
        return principal

    def revoke(self, token_hash: str) -> None:
        """Forgets a token, and whatever the core is saying about any token at this moment."""
        with self._lock:
            self._revocations += 1
            self._remembered.pop(token_hash, None)

    def close(self) -> None:
        self._core.close()

    def _ask(self, token: str) -> Principal:
        try:
            answer = self._core.post("/v1/introspect", data={"token": token})
            answer.raise_for_status()
            found = msgspec.json.decode(answer.content, type=Introspection)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise IntrospectionUnavailable(f"The core could not introspect it: {error}") from error
        if not found.active or found.role is None:
            raise Unauthenticated("This token is unknown, expired or revoked: get a new one.")
        own = frozenset(int(vendor.removeprefix("ven_")) for vendor in found.own_vendors)
        return Principal(found.role, found.sub, found.shopper_pseudonym, own, found.exp)

    def _remember(self, token_hash: str, principal: Principal, revocations: int) -> None:
        now = self._clock()
        until = min(now + REMEMBERED_SECONDS, principal.exp or now + REMEMBERED_SECONDS)
        with self._lock:
            # An answer that crossed a revocation may be stale: it serves this request only.
            if revocations != self._revocations:
                return
            if len(self._remembered) >= REMEMBERED_AT_MOST:
                self._remembered.clear()
            self._remembered[token_hash] = Remembered(principal, until)
