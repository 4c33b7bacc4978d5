"""Stripe, through its official SDK: the only module that speaks to it, always outside a
transaction.

Every call takes a stored idempotency key, so that a repeated call is the same call.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

import stripe

from transactional.errors import MarketError, RefusedError, UnavailableError
from transactional.settings import Settings

IntentStatus = Literal[
    "requires_payment", "requires_action", "processing", "succeeded", "cancelled"
]
# Ours beside Stripe's: one word for 'needs a (new) payment method', British spelling for the end.
STATUS: dict[str, IntentStatus] = {
    "requires_payment_method": "requires_payment",
    "requires_confirmation": "requires_payment",
    "requires_action": "requires_action",
    "processing": "processing",
    "succeeded": "succeeded",
    "canceled": "cancelled",
}
NETWORK_RETRIES = 2
SECONDS_TO_ANSWER = 20
WEBHOOK_TOLERANCE_SECONDS = 300


class StripeUnavailableError(UnavailableError):
    """Stripe gave no answer; try again in a moment with the same Idempotency-Key."""

    code = "stripe_unavailable"


class StripeRefusedError(RefusedError):
    """Stripe refused the request; `stripe_code` says why."""

    code = "stripe_refused"


class WebhookInvalidError(RefusedError):
    """The body is not what Stripe signed with this endpoint's secret."""

    code = "webhook_invalid"


class UnexpectedIntentError(MarketError):
    """Stripe's PaymentIntent is in a state that this market never asks for."""

    code = "payment_intent_unexpected"


@dataclass(frozen=True, slots=True)
class Intent:
    """What Stripe says about a PaymentIntent, in our words."""

    payment_intent_id: str
    status: IntentStatus
    amount_cents: int
    currency: str
    attempt_key: UUID | None
    charge_id: str | None = None
    client_secret: str | None = None
    next_action: dict[str, Any] | None = None
    failure_code: str | None = None


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
            found = self._client.v1.transfers.list({"transfer_group": transfer_group, "limit": 100})
            for transfer in found.auto_paging_iter():
                if _metadata(transfer, "transfer_key") == str(key):
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

    def _answered(self, call: "Any") -> Intent:
        try:
            return _intent(call())
        except stripe.CardError as error:
            return _declined(error)
        except stripe.StripeError as error:
            raise _translated(error) from error


def _intent(intent: stripe.PaymentIntent) -> Intent:
    if intent.status not in STATUS:
        raise UnexpectedIntentError(status=intent.status)
    error = intent.last_payment_error
    return Intent(
        payment_intent_id=intent.id,
        status=STATUS[intent.status],
        amount_cents=intent.amount,
        currency=intent.currency.upper(),
        attempt_key=_attempt_key(intent),
        charge_id=_id(intent.latest_charge),
        client_secret=intent.client_secret,
        next_action=intent.next_action.to_dict() if intent.next_action else None,
        failure_code=(error.decline_code or error.code) if error else None,
    )


def _declined(error: stripe.CardError) -> Intent:
    """A decline carries its PaymentIntent, which now waits for another payment method."""
    body = error.json_body
    assert isinstance(body, dict), "a card error has Stripe's error body"
    intent = stripe.PaymentIntent.construct_from(body["error"]["payment_intent"], None)
    return _intent(intent)


def _translated(error: stripe.StripeError) -> MarketError:
    """Which refusals are final, and which only mean that nobody knows yet."""
    is_refusal = isinstance(error, (stripe.InvalidRequestError, stripe.IdempotencyError))
    if is_refusal and error.http_status not in (409, 429):
        return StripeRefusedError(error.user_message, stripe_code=error.code)
    return StripeUnavailableError()


def _attempt_key(intent: stripe.PaymentIntent) -> UUID | None:
    """Which of our attempts created it: unique over installations, unlike a payment's number."""
    named = _metadata(intent, "attempt_key")
    return UUID(named) if named else None


def _metadata(thing: "stripe.PaymentIntent | stripe.Transfer", name: str) -> str | None:
    return thing.metadata.to_dict().get(name) if thing.metadata else None


def _id(thing: "str | stripe.StripeObject | None") -> str | None:
    return thing if thing is None or isinstance(thing, str) else str(thing["id"])
