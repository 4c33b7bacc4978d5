"""Events: what happened, filed with the change itself and queued for every listening endpoint."""

import json
from typing import Final

from rynek.local.stripe.exchange import API_VERSION, Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.listing import Condition, envelope, page_of
from rynek.local.stripe.parameters import Nothing, Page, read
from rynek.local.stripe.refusals import InvalidParameter, Json
from rynek.local.stripe.store import PLATFORM, Books, Record

MAX_TYPES: Final = 20


class EventPage(Page, forbid_unknown_fields=True):
    """Filters of the event list; `type` may end in `*`."""

    type: str | None = None
    types: list[str] | None = None


def emit(call: Call, event_type: str, body: Json, account: str | None = None) -> None:
    """File an event about `body` as it is now, and queue its deliveries.

    It belongs to the caller's account, or to the connected account named; the platform's endpoints
    hear of a connected account's events if they are for that.
    """
    books = call.books.of(account) if account is not None else call.books
    event: Json = {
        "id": mint("evt_1"),
        "object": "event",
        "api_version": API_VERSION,
        "created": call.now,
        "data": {"object": body},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": call.request_id, "idempotency_key": call.idempotency_key},
        "type": event_type,
    }
    if books.account != PLATFORM:
        event["account"] = books.account
    endpoints = listeners(books, event_type)
    event["pending_webhooks"] = len(endpoints)
    books.add(event)
    for endpoint_id in endpoints:
        queue(call, event["id"], endpoint_id)


def queue(call: Call, event_id: str, endpoint_id: str) -> None:
    """Have the event delivered at once, or as late as mischief wants it."""
    connection = call.books.connection
    delivery_id = connection.execute(
        "insert into deliveries (event_id, endpoint_id, due_at) values (?, ?, ?)",
        (event_id, endpoint_id, call.now),
    ).lastrowid
    if delivery_id and (delay_s := call.books.mischief.delay_of(delivery_id)):
        connection.execute(
            "update deliveries set due_at = due_at + ? where id = ?", (delay_s, delivery_id)
        )


def listeners(books: Books, event_type: str) -> list[str]:
    """Ids of the platform's enabled webhook endpoints that asked for this account's type of event.

    At Stripe an endpoint hears of the platform's own events or, made with `connect`, of connected
    accounts'; the endpoint given at start hears of both.
    """
    hears = "connect" if books.account != PLATFORM else "platform"
    rows = books.connection.execute(
        "select id, body ->> '$.enabled_events', coalesce(hidden ->> '$.hears', 'both')"
        " from objects where kind = 'webhook_endpoint' and account = ?"
        " and body ->> '$.status' = 'enabled'",
        (PLATFORM,),
    )
    return [
        row[0]
        for row in rows
        if {"*", event_type} & {*json.loads(row[1])} and row[2] in (hears, "both")
    ]


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
