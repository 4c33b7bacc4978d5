"""Events: what Stripe tells by webhook, verified on raw bytes, or lists when asked."""

import json
from typing import Any

import stripe

from transactional.errors import RefusedError
from transactional.gateway.connection import LISTED_AT_ONCE, Connection, translated

WEBHOOK_TOLERANCE_SECONDS = 300


class WebhookInvalidError(RefusedError):
    """The body is not what Stripe signed with this endpoint's secret."""

    code = "webhook_invalid"


class EventCalls(Connection):
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

    def list_events(self, after: str | None) -> list[dict[str, Any]]:
        """A page of events newer than the event `after`, newest first, as webhooks carry them.

        With none, the newest page.
        """
        page: Any = {"limit": LISTED_AT_ONCE}
        if after is not None:
            page["ending_before"] = after
        with translated():
            return [event.to_dict() for event in self._client.v1.events.list(page).data]
