"""The route of behaviour: what shoppers and visitors saw and did."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field

from transactional import behaviour
from transactional.access.tokens import Caller
from transactional.behaviour import Event, EventType
from transactional.database import Transaction
from transactional.errors import RefusedError
from transactional.http.market import Running, caller_if_any
from transactional.http.wire import Answer, Body, OfferId, ProductId
from transactional.people import shoppers

router = APIRouter(tags=["behaviour"])
MOST_EVENTS = 500
LOWEST_RANK = 10_000


class VisitorMissingError(RefusedError):
    """Events need someone: a shopper's token, or the browser's visitor_id."""

    code = "visitor_missing"


class EventBody(Body):
    event_id: UUID
    type: EventType
    occurred_at: AwareDatetime
    session_id: Annotated[str, Field(max_length=100)] | None = None
    product_id: ProductId | None = None
    offer_id: OfferId | None = None
    list_id: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="Which list an impression or click was in."
    )
    rank: Annotated[int, Field(strict=True, ge=0, le=LOWEST_RANK)] | None = None
    query: Annotated[str, Field(max_length=500)] | None = None


class EventsBody(Body):
    visitor_id: UUID | None = Field(
        None, description="Who is not signed in; ignored beside a shopper's token."
    )
    events: Annotated[list[EventBody], Field(min_length=1, max_length=MOST_EVENTS)]


class Recorded(Answer):
    recorded: int
    duplicates: int


@router.post("/v1/events", status_code=202)
def record_events(
    body: EventsBody, market: Running, who: Annotated[Caller | None, Depends(caller_if_any)]
) -> Recorded:
    """Answered after the commit. Each event's own id makes repeating harmless."""
    events = [Event(**dict(event)) for event in body.events]
    with market.database.transaction() as connection:
        pseudonym = _pseudonym(connection, who, body.visitor_id)
        rows = behaviour.record(connection, pseudonym, events, market.clock())
    behaviour.publish(market.redis, rows)
    return Recorded(recorded=len(rows), duplicates=len(events) - len(rows))


def _pseudonym(connection: Transaction, who: Caller | None, visitor_id: UUID | None) -> int:
    if who is not None and who.shopper_pseudonym is not None:
        return who.shopper_pseudonym
    if visitor_id is None:
        raise VisitorMissingError
    return shoppers.meet_visitor(connection, visitor_id)
