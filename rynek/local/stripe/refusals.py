"""Requests that Stripe turns down, in Stripe's error envelope."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]


class Refusal(Exception):  # noqa: N818 -- Stripe answers it; nothing failed here
    """The request was refused and changed nothing."""

    status = 400
    type = "invalid_request_error"
    is_saved = True
    """Whether an idempotency key keeps this answer: yes once the request began to execute."""
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        payment_intent: Json | None = None,
    ) -> None:
        super().__init__(message)
        self.details = {"code": code, "param": param, "payment_intent": payment_intent}

    def envelope(self) -> Json:
        """`{"error": {...}}` with only the members that are known, as Stripe sends it."""
        known = {name: value for name, value in self.details.items() if value is not None}
        return {"error": {"message": str(self), "type": self.type, **known}}


class InvalidParameter(Refusal):
    """A parameter is unknown, missing or malformed; nothing began to execute."""

    is_saved = False


class Unauthorized(Refusal):
    """The key is missing, or is not a test key."""

    status = 401
    is_saved = False


class NoAccess(Refusal):
    """The key has no access to the account named in `Stripe-Account`."""

    status = 403
    is_saved = False


class NoSuchRoute(Refusal):
    """The stand-in has no such method and path."""

    status = 404
    is_saved = False


class NoSuchObject(Refusal):
    """The object named in the path does not exist."""

    status = 404


class TooLarge(Refusal):
    """The request's body is larger than the stand-in reads."""

    status = 413
    is_saved = False


class RateLimited(Refusal):
    """Too many requests; ask again after the given seconds."""

    status = 429
    is_saved = False

    def __init__(self, after_s: float) -> None:
        super().__init__("Too many requests. Try again later.", code="rate_limit")
        self.headers = {"retry-after": f"{after_s:g}", "stripe-rate-limited-reason": "global-rate"}


class KeyInUse(Refusal):
    """Another request with the same idempotency key is being answered right now."""

    status = 409
    is_saved = False


class KeyMisused(Refusal):
    """The idempotency key was used before with another request."""

    type = "idempotency_error"
    is_saved = False


def missing(noun: str, object_id: str, *, param: str) -> Refusal:
    """The refusal for an object named in a parameter that does not exist: 400, not 404."""
    return Refusal(f"No such {noun}: '{object_id}'", code="resource_missing", param=param)
