"""Routes of notifications: what was told to whom, for the operator."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from transactional import ids
from transactional.http.market import OnceOnly, Operator, Running
from transactional.http.wire import Answer, Limit, Page, TypedId, VendorId, page
from transactional.messages import notifications

router = APIRouter(tags=["notifications"])
DEFAULT_PAGE = 50

NotificationId = Annotated[int, TypedId("ntf")]
Channel = Literal["email", "webhook"]
Status = Literal["due", "sent", "failed"]
Text = Annotated[str | None, Query(max_length=320)]


class Notification(Answer):
    """`recipient` is an address, or a webhook's id; `topic` is what it is about."""

    notification_id: NotificationId
    channel: Channel
    recipient: str
    kind: str
    topic: str
    vendor_id: VendorId | None
    subject: str
    body: str
    status: Status
    attempts: int
    retry_at: AwareDatetime
    last_error: str | None
    created_at: AwareDatetime
    sent_at: AwareDatetime | None


@router.get("/v1/notifications")
def list_notifications(
    _: Operator,
    market: Running,
    recipient: Text = None,
    kind: Text = None,
    channel: Channel | None = None,
    status: Status | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[Notification]:
    """Messages, newest first; those sent or given up are kept for 90 days."""
    wanted = {"recipient": recipient, "kind": kind, "channel": channel, "status": status}
    before = None if cursor is None else ids.internal("ntf", cursor)
    with market.database.transaction() as connection:
        rows = notifications.list_page(connection, dict(wanted), before, limit)
    return page(Notification, rows, limit, "ntf", "notification_id")


@router.post("/v1/notifications/{notification_id}/retry", response_model=Notification)
def retry_notification(
    notification_id: NotificationId, _: Operator, once: OnceOnly
) -> JSONResponse:
    """Send one again that was given up."""
    return once.answer(
        200,
        lambda c: Notification.of(notifications.retry(c, notification_id, once.market.clock())),
    )
