"""Stripe, through its official SDK: the only module that speaks to it, always outside a
transaction.

Every call takes a stored idempotency key, so that a repeated call is the same call.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import stripe

from transactional import intents
from transactional.errors import MarketError, RefusedError, UnavailableError
from transactional.intents import Intent
from transactional.settings import Settings

NETWORK_RETRIES = 2
SECONDS_TO_ANSWER = 20
WEBHOOK_TOLERANCE_SECONDS = 300
# Stripe may forget a key after a day; after that a repeated call would be a new one.
KEYS_LAST = timedelta(hours=23)
LISTED_AT_ONCE = 100
CLOCKS_DIFFER_BY = timedelta(minutes=5)


class StripeUnavailableError(UnavailableError):
    """Stripe gave no answer; try again in a moment with the same Idempotency-Key."""

    code = "stripe_unavailable"


class StripeRefusedError(RefusedError):
    """Stripe refused the request; `stripe_code` says why."""

    code = "stripe_refused"


class StripeKeyMisusedError(StripeRefusedError):
    """The idempotency key stands for another call, whose outcome Stripe keeps; ask for that."""

    code = "stripe_key_misused"


class WebhookInvalidError(RefusedError):
    """The body is not what Stripe signed with this endpoint's secret."""

    code = "webhook_invalid"


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be paid, and by which method."""

    order_id: int
    amount_cents: int
    currency: str
    payment_method: str


@dataclass(frozen=True, slots=True)
class Payout:
    """One vendor's share of one charge."""

    amount_cents: int
    currency: str
    destination: str
    transfer_group: str
    source_charge_id: str | None


class Gateway:
    def __init__(self, settings: Settings) -> None:
        addresses = {"api": settings.stripe_api_base} if settings.stripe_api_base else {}
        self._secret = settings.stripe_webhook_secret
        self._client = stripe.StripeClient(
            settings.stripe_api_key,
            base_addresses=cast(stripe._base_address.BaseAddresses, addresses),
            max_network_retries=NETWORK_RETRIES,
            http_client=stripe.RequestsClient(timeout=SECONDS_TO_ANSWER),
        )

    def charge(self, charge: Charge, key: UUID) -> Intent:
        """Create and confirm a PaymentIntent; a declined card is an answer, not an error."""
        return self._answered(
            lambda: self._client.v1.payment_intents.create(
                {
                    "amount": charge.amount_cents,
                    "currency": charge.currency.lower(),
                    "payment_method": charge.payment_method,
                    "confirm": True,
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "transfer_group": f"ord_{charge.order_id}",
                    "metadata": {"order_id": f"ord_{charge.order_id}", "attempt_key": str(key)},
                },
                {"idempotency_key": str(key)},
            )
        )

    def confirm(self, payment_intent_id: str, payment_method: str, key: UUID) -> Intent:
        """Try again with another payment method."""
        return self._answered(
            lambda: self._client.v1.payment_intents.confirm(
                payment_intent_id,
                {"payment_method": payment_method},
                {"idempotency_key": str(key)},
            )
        )

    def ask(self, payment_intent_id: str) -> Intent:
        """What Stripe says now."""
        return self._answered(lambda: self._client.v1.payment_intents.retrieve(payment_intent_id))

    def find(self, key: UUID, asked_at: datetime) -> Intent:
        """The PaymentIntent of a `charge` whose answer and key are lost.

        Raises StripeRefusedError where Stripe never heard of it.
        """
        first, last = asked_at - CLOCKS_DIFFER_BY, asked_at + KEYS_LAST + CLOCKS_DIFFER_BY
        window = {"gte": int(first.timestamp()), "lte": int(last.timestamp())}
        try:
            listed = self._client.v1.payment_intents.list(
                {"created": cast(Any, window), "limit": LISTED_AT_ONCE}
            )
            for intent in listed.auto_paging_iter():
                if intents.metadata(intent, "attempt_key") == str(key):
                    return intents.read(intent)
        except stripe.StripeError as error:
            raise _translated(error) from error
        raise StripeRefusedError("Stripe never heard of this payment; try again with a new key")

    def cancel(self, payment_intent_id: str) -> Intent:
        """Cancel, unless it is too late; either way, the state that Stripe is left with."""
        try:
            return self._answered(lambda: self._client.v1.payment_intents.cancel(payment_intent_id))
        except StripeRefusedError:
            return self.ask(payment_intent_id)

    def open_account(self, vendor_id: int, country: str, key: UUID) -> str:
        """A connected account that transfers can go to; returns its id."""
        try:
            account = self._client.v1.accounts.create(
                {
                    "type": "express",
                    "country": country,
                    "capabilities": {"transfers": {"requested": True}},
                    "metadata": {"vendor_id": f"ven_{vendor_id}"},
                },
                {"idempotency_key": str(key)},
            )
        except stripe.StripeError as error:
            raise _translated(error) from error
        return account.id

    def pay_out(self, payout: Payout, key: UUID) -> str:
        """Transfer a vendor's share; returns Stripe's transfer id."""
        params: dict[str, Any] = {
            "amount": payout.amount_cents,
            "currency": payout.currency.lower(),
            "destination": payout.destination,
            "transfer_group": payout.transfer_group,
            "metadata": {"transfer_key": str(key)},
        }
        if payout.source_charge_id is not None:
            params["source_transaction"] = payout.source_charge_id
        try:
            transfer = self._client.v1.transfers.create(
                cast(Any, params), {"idempotency_key": str(key)}
            )
        except stripe.StripeError as error:
            raise _translated(error) from error
        return transfer.id

    def find_payout(self, transfer_group: str, key: UUID) -> str | None:
        """Stripe's id of a transfer whose answer we may have lost."""
        try:
            found = self._client.v1.transfers.list(
                {"transfer_group": transfer_group, "limit": LISTED_AT_ONCE}
            )
            for transfer in found.auto_paging_iter():
                if intents.metadata(transfer, "transfer_key") == str(key):
                    return transfer.id
        except stripe.StripeError as error:
            raise _translated(error) from error
        return None

    def open_event(self, body: bytes, signature: str) -> dict[str, Any]:
        """The event inside a webhook's raw bytes. Raises WebhookInvalidError."""
        try:
            stripe.WebhookSignature.verify_header(
                body.decode(), signature, self._secret, WEBHOOK_TOLERANCE_SECONDS
            )
            event = json.loads(body)
        except (ValueError, stripe.SignatureVerificationError) as error:
            raise WebhookInvalidError from error
        if not isinstance(event, dict):
            raise WebhookInvalidError("an event is a JSON object")
        return event

    def _answered(self, call: Callable[[], stripe.PaymentIntent]) -> Intent:
        try:
            return intents.read(call())
        except stripe.CardError as error:
            return _declined(error)
        except stripe.StripeError as error:
            raise _translated(error) from error


def _declined(error: stripe.CardError) -> Intent:
    """A decline carries its PaymentIntent, which now waits for another payment method.

    A card refused before there was one made none: raises StripeRefusedError.
    """
    body = error.json_body
    assert isinstance(body, dict), "a card error has Stripe's error body"
    intent = body["error"].get("payment_intent")
    if intent is None:
        raise StripeRefusedError(error.user_message, stripe_code=error.code) from error
    return intents.read(stripe.PaymentIntent.construct_from(intent, None))


def _translated(error: stripe.StripeError) -> MarketError:
    """Which refusals are final, and which only mean that nobody knows yet."""
    if error.http_status in (409, 429):
        return StripeUnavailableError()
    if isinstance(error, stripe.IdempotencyError):
        return StripeKeyMisusedError(error.user_message, stripe_code=error.code)
    if isinstance(error, stripe.InvalidRequestError):
        return StripeRefusedError(error.user_message, stripe_code=error.code)
    return StripeUnavailableError()
