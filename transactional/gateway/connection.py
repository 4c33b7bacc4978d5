"""The connection to Stripe: the SDK's client, and what its errors mean to the market."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import stripe

from transactional.errors import MarketError, RefusedError, UnavailableError
from transactional.settings import Settings

NETWORK_RETRIES = 2
SECONDS_TO_ANSWER = 20
# Stripe may forget a key after a day; after that a repeated call would be a new one.
KEYS_LAST = timedelta(hours=23)
LISTED_AT_ONCE = 100
CLOCKS_DIFFER_BY = timedelta(minutes=5)


class StripeUnavailableError(UnavailableError):
    """Stripe gave no answer; try again in a moment with the same Idempotency-Key."""

    code = "stripe_unavailable"


class StripeFailureKeptError(StripeUnavailableError):
    """Stripe failed, and repeats that failure under this key; ask what became of it."""


class StripeRefusedError(RefusedError):
    """Stripe refused the request; `stripe_code` says why."""

    code = "stripe_refused"


class StripeKeyMisusedError(StripeRefusedError):
    """The idempotency key stands for another call, whose outcome Stripe keeps; ask for that."""

    code = "stripe_key_misused"


class Connection:
    """What the calls of every kind share."""

    def __init__(self, settings: Settings) -> None:
        addresses = {"api": settings.stripe_api_base} if settings.stripe_api_base else {}
        self._secret = settings.stripe_webhook_secret
        self._client = stripe.StripeClient(
            settings.stripe_api_key,
            base_addresses=cast(stripe._base_address.BaseAddresses, addresses),
            max_network_retries=NETWORK_RETRIES,
            http_client=stripe.RequestsClient(timeout=SECONDS_TO_ANSWER),
        )


@contextmanager
def translated() -> Iterator[None]:
    """Stripe's errors inside the block become the market's."""
    try:
        yield
    except stripe.StripeError as error:
        raise translation(error) from error


def translation(error: stripe.StripeError) -> MarketError:
    """Which refusals are final, and which only mean that nobody knows yet."""
    if error.http_status in (409, 429):
        return StripeUnavailableError()
    if isinstance(error, stripe.IdempotencyError):
        return StripeKeyMisusedError(error.user_message, stripe_code=error.code)
    if isinstance(error, stripe.InvalidRequestError):
        return StripeRefusedError(error.user_message, stripe_code=error.code)
    if (error.headers or {}).get("idempotent-replayed") == "true":
        return StripeFailureKeptError()
    return StripeUnavailableError()


def under(key: UUID) -> "stripe.RequestOptions":
    """The options of a call that must happen at most once."""
    return {"idempotency_key": str(key)}


def window(asked_at: datetime) -> Any:
    """When Stripe must have made what was asked for at that time, if it made it."""
    first, last = asked_at - CLOCKS_DIFFER_BY, asked_at + KEYS_LAST + CLOCKS_DIFFER_BY
    return {"gte": int(first.timestamp()), "lte": int(last.timestamp())}
