"""Events: what happened, filed with the change itself and queued for every listening endpoint."""

import copy
import json
from typing import Final

from rynek.local.stripe.exchange import API_VERSION, Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import Condition, envelope, page_of
from rynek.local.stripe.parameters import Nothing, Page, read
from rynek.local.stripe.refusals import InvalidParameter, Json
from rynek.local.stripe.store import Books, Record

MAX_TYPES: Final = 20


class EventPage(Page, forbid_unknown_fields=True):
    """Filters of the event list; `type` may end in `*`."""

    type: str | None = None
    types: list[str] | None = None


def emit(call: Call, event_type: str, body: Json, previous: Json | None = None) -> None:
    """File an event about `body` as it is now, and queue its deliveries."""
    data: Json = {"object": copy.deepcopy(body)}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": mint("evt_1"),
        "object": "event",
        "api_version": API_VERSION,
        "created": call.now,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": call.request_id, "idempotency_key": call.idempotency_key},
        "type": event_type,
    }
    endpoints = listeners(call.books, event_type)
    event["pending_webhooks"] = len(endpoints)
    call.books.add(event)
    call.books.connection.executemany(
        "insert into deliveries (event_id, endpoint_id, due_at) values (?, ?, ?)",
        [(event["id"], endpoint_id, call.now) for endpoint_id in endpoints],
    )


def listeners(books: Books, event_type: str) -> list[str]:
    """Ids of the enabled webhook endpoints that asked for this type of event."""
    rows = books.connection.execute(
        "select id, body ->> '$.enabled_events' from objects"
        " where kind = 'webhook_endpoint' and account = ? and body ->> '$.status' = 'enabled'",
        (books.account,),
    )
    return [row[0] for row in rows if {"*", event_type} & set(json.loads(row[1]))]


def pending(books: Books, event_id: str) -> int:
    """How many endpoints have not yet accepted the event."""
    row = books.connection.execute(
        "select count(*) from deliveries where event_id = ? and state <> 'delivered'", (event_id,)
    ).fetchone()
    return int(row[0])


def shown(books: Books, record: Record) -> Record:
    record.body["pending_webhooks"] = pending(books, record.id)
    return record


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(shown(call.books, call.find("event", "event", call.path["id"])).body)


def list_events(call: Call) -> Answer:
    page = read(EventPage, call.form)
    records = page_of(call, "event", page, of_types(page))
    return envelope(call, page, [shown(call.books, record) for record in records])


def of_types(page: EventPage) -> list[Condition]:
    if page.types is not None and (page.type or not 1 <= len(page.types) <= MAX_TYPES):
        raise InvalidParameter(f"Give type, or 1 to {MAX_TYPES} types.", param="types")
    wanted = page.types or ([page.type] if page.type else [])
    clause = " or ".join("body ->> '$.type' glob ?" for _ in wanted)
    return [(f"({clause})", tuple(wanted))] if wanted else []
