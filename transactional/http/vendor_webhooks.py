"""Routes of a vendor's webhooks: registered, listed, tested, rotated, enabled, removed."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional.access.tokens import Caller
from transactional.database import Row, Transaction
from transactional.errors import ConflictError
from transactional.http.market import OnceOnly, Running, VendorOrOperator
from transactional.http.vendors import demand_own_vendor
from transactional.http.wire import Answer, Body, TypedId, VendorId
from transactional.messages import notifications, vendor_events, vendor_webhooks

router = APIRouter(tags=["vendor webhooks"])

WebhookId = Annotated[int, TypedId("vwh")]


class SecretShownOnceError(ConflictError):
    """The secret was shown with the first answer to this key; rotate it where that got lost."""

    code = "secret_shown_once"


class WebhookBody(Body):
    url: Annotated[
        str, Field(min_length=1, max_length=2_000, examples=["https://shop.example/hook"])
    ]


class Webhook(Answer):
    """`failing_since` is the first of its failures in a row; after five days it is disabled."""

    vendor_webhook_id: WebhookId
    vendor_id: VendorId
    url: str
    is_enabled: bool
    failing_since: AwareDatetime | None
    failures: int
    last_error: str | None
    created_at: AwareDatetime


class WebhookWithSecret(Webhook):
    """`secret` is told here and nowhere else: it signs each call, see Rynek-Signature."""

    secret: str


class Webhooks(Answer):
    data: list[Webhook]


class EventSent(Answer):
    """The event that is on its way."""

    event_id: str


@router.get("/v1/vendors/{vendor_id}/webhooks")
def list_webhooks(vendor_id: VendorId, who: VendorOrOperator, market: Running) -> Webhooks:
    demand_own_vendor(who, vendor_id)
    with market.database.transaction() as connection:
        return Webhooks(data=Webhook.of_all(vendor_webhooks.of_vendor(connection, vendor_id)))


@router.post("/v1/vendors/{vendor_id}/webhooks", status_code=201, response_model=WebhookWithSecret)
def register_webhook(
    vendor_id: VendorId, body: WebhookBody, who: VendorOrOperator, once: OnceOnly
) -> JSONResponse:
    """Be told of every change of the vendor's orders, stock and standing.

    Each call carries `Rynek-Signature: t=<seconds>,v1=<HMAC-SHA256 over "<t>.<body>">`.
    """
    demand_own_vendor(who, vendor_id)

    def work(connection: Transaction) -> WebhookWithSecret:
        market = once.market
        row = vendor_webhooks.register(
            connection,
            vendor_id,
            body.url,
            market.clock(),
            may_be_local=market.are_webhooks_local,
        )
        return WebhookWithSecret.of(row)

    return once.show(201, work, SecretShownOnceError)


@router.post("/v1/vendor-webhooks/{webhook_id}/rotate", response_model=WebhookWithSecret)
def rotate_secret(webhook_id: WebhookId, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    """A new secret; for a day calls carry a signature by each, the new one first."""

    def work(connection: Transaction) -> WebhookWithSecret:
        _own(connection, who, webhook_id)
        row = vendor_webhooks.rotate(connection, webhook_id, once.market.clock())
        return WebhookWithSecret.of(row)

    return once.show(200, work, SecretShownOnceError)


@router.post("/v1/vendor-webhooks/{webhook_id}/enable", response_model=Webhook)
def enable_webhook(webhook_id: WebhookId, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    """Call it again; what it missed while it was disabled is not told."""

    def work(connection: Transaction) -> Webhook:
        _own(connection, who, webhook_id)
        return Webhook.of(vendor_webhooks.enable(connection, webhook_id, once.market.clock()))

    return once.answer(200, work)


@router.post("/v1/vendor-webhooks/{webhook_id}/test", status_code=202, response_model=EventSent)
def try_webhook(webhook_id: WebhookId, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    """Have an event of type `test` sent to it."""

    def work(connection: Transaction) -> EventSent:
        hook = _own(connection, who, webhook_id)
        now = once.market.clock()
        event_id = f"evt_test_{uuid4().hex}"
        body = vendor_events.test_body(event_id, now)
        letter = vendor_events.message(hook, body, "test", event_id, None)
        notifications.add(connection, [letter], now)
        return EventSent(event_id=event_id)

    return once.answer(202, work)


@router.delete("/v1/vendor-webhooks/{webhook_id}", status_code=204)
def remove_webhook(webhook_id: WebhookId, who: VendorOrOperator, market: Running) -> None:
    with market.database.transaction() as connection:
        _own(connection, who, webhook_id)
        vendor_webhooks.remove(connection, webhook_id)


def _own(connection: Transaction, who: Caller, webhook_id: int) -> Row:
    """A foreign webhook is as good as none."""
    found = vendor_webhooks.read(connection, webhook_id)
    if who.role == "vendor" and found["vendor_id"] != who.subject_id:
        raise vendor_webhooks.WebhookUnknownError
    return found
