"""Behaviour: what shoppers saw and did. Durable first; then on a Redis stream, for recency."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import redis
from psycopg.types.json import Jsonb

from transactional.catalogue.offers import OfferUnknownError
from transactional.catalogue.products import ProductUnknownError
from transactional.database import Row, Transaction, statement
from transactional.errors import RefusedError

log = logging.getLogger(__name__)

STREAM = "rynek:behaviour"
STREAM_LENGTH = 100_000
# A phone that was offline may report late; a clock that runs ahead may not write into the future.
OLDEST = timedelta(days=7)
CLOCK_TOLERANCE = timedelta(minutes=5)

EventType = Literal["impression", "click", "view", "cart", "search"]


class EventTimeInvalidError(RefusedError):
    """An event happened within the last 7 days, and not in the future."""

    code = "event_time_invalid"


@dataclass(frozen=True, slots=True)
class Event:
    event_id: UUID
    occurred_at: datetime
    type: EventType
    session_id: str | None = None
    product_id: int | None = None
    offer_id: int | None = None
    list_id: str | None = None
    rank: int | None = None
    query: str | None = None


def record(
    connection: Transaction, shopper_pseudonym: int, events: Sequence[Event], now: datetime
) -> list[Row]:
    """Write what is new, once per event id, however often and with whichever time it is sent.

    Returns the rows written. Raises EventTimeInvalidError, OfferUnknownError, ProductUnknownError.
    """
    _refuse_impossible_times(events, now)
    rows = Jsonb([_row(event, shopper_pseudonym) for event in events])
    _refuse_unknown(connection, events)
    # Two deliveries of one event come from one person: they take turns, so that the second sees
    # the first.
    connection.execute("select pg_advisory_xact_lock(%s)", (shopper_pseudonym,))
    return connection.execute(statement("record_events"), {"events": rows}).fetchall()


def publish(client: "redis.Redis", rows: Sequence[Row]) -> None:
    """Put committed events on the stream; without Redis they are late for ranking, but not lost."""
    batch = client.pipeline(transaction=False)
    for row in rows:
        event = {"event": json.dumps(row, default=str)}
        batch.xadd(STREAM, event, maxlen=STREAM_LENGTH, approximate=True)  # type: ignore[arg-type]  # redis-py's dict is invariant
    try:
        batch.execute()
    except redis.RedisError as error:
        log.warning("%d events are committed but not on the stream: %s", len(rows), error)


def _row(event: Event, shopper_pseudonym: int) -> dict[str, Any]:
    return {
        "event_id": str(event.event_id),
        "occurred_at": event.occurred_at.isoformat(),
        "type": event.type,
        "shopper_pseudonym": shopper_pseudonym,
        "session_id": event.session_id,
        "product_id": event.product_id,
        "offer_id": event.offer_id,
        "list_id": event.list_id,
        "rank": event.rank,
        "query": event.query,
    }


def _refuse_impossible_times(events: Sequence[Event], now: datetime) -> None:
    for event in events:
        if not now - OLDEST <= event.occurred_at <= now + CLOCK_TOLERANCE:
            raise EventTimeInvalidError(event_id=str(event.event_id))


def _refuse_unknown(connection: Transaction, events: Sequence[Event]) -> None:
    offers = {event.offer_id for event in events if event.offer_id is not None}
    products = {event.product_id for event in events if event.product_id is not None}
    row = connection.execute(
        "select array(select unnest(%s::bigint[]) except select offer_id from offers"
        " where offer_id = any(%s) order by 1) as offers,"
        " array(select unnest(%s::bigint[]) except select product_id from products"
        " where product_id = any(%s) order by 1) as products",
        (sorted(offers), sorted(offers), sorted(products), sorted(products)),
    ).fetchone()
    assert row is not None, "a select of two arrays has one row"
    if row["offers"]:
        raise OfferUnknownError(offers=[f"off_{key}" for key in row["offers"]])
    if row["products"]:
        raise ProductUnknownError(products=[f"prd_{key}" for key in row["products"]])
