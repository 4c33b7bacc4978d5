"""Stripe's own list of events, read for what its webhooks did not bring.

Stripe keeps events for 30 days. They are read forward from a cursor that stays a few minutes behind
the newest, since an event may appear late in the list; what is known already is not stored again.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from transactional.database import Database, Transaction
from transactional.gateway import Gateway, StripeRefusedError
from transactional.gateway.connection import LISTED_AT_ONCE
from transactional.payment import webhooks

log = logging.getLogger(__name__)

MOST_PAGES = 20
LATE_BY = timedelta(minutes=5)

Event = dict[str, Any]


def catch_up(database: Database, gateway: Gateway, now: datetime) -> int:
    """Store the events that no webhook brought; returns how many. Raises StripeUnavailableError."""
    with database.transaction() as connection:
        cursor = _cursor(connection)
    try:
        found = _read(database, gateway, cursor, now)
    except StripeRefusedError:
        if cursor is None:
            raise
        log.error("Stripe has forgotten the event %s; reading goes on with the newest", cursor)
        with database.transaction() as connection:
            connection.execute("delete from stripe_events_cursor")
        found = _read(database, gateway, None, now)
    if found:
        log.warning("%d events of Stripe came by no webhook", found)
    return found


def _read(database: Database, gateway: Gateway, cursor: str | None, now: datetime) -> int:
    found, read = 0, list[Event]()
    for page in _pages(gateway, cursor):
        read = page + read
        with database.transaction() as connection:
            found += _store(connection, page, now)
    if read:
        with database.transaction() as connection:
            _move_cursor(connection, _settled(read, cursor))
    return found


def _pages(gateway: Gateway, cursor: str | None) -> Iterator[list[Event]]:
    """Pages behind the cursor, each newest first; without one, only the newest page."""
    for _ in range(MOST_PAGES if cursor else 1):
        page = gateway.list_events(cursor)
        if page:
            yield page
            cursor = page[0]["id"]
        if len(page) < LISTED_AT_ONCE:
            return


def _settled(read: list[Event], cursor: str | None) -> Event | None:
    """Behind which event reading goes on next time; `read` is newest first.

    The newest that no other can come before any more. Where there are too many for that, the end of
    what was read; at the first time, its beginning.
    """
    if len(read) == MOST_PAGES * LISTED_AT_ONCE:
        return read[0]
    until = read[0]["created"] - LATE_BY.total_seconds()
    beginning = read[-1] if cursor is None else None
    return next((event for event in read if event["created"] <= until), beginning)


def _store(connection: Transaction, page: list[Event], now: datetime) -> int:
    stored = (webhooks.store(connection, event, now, is_delivered=False) for event in page)
    return sum(stored)


def _cursor(connection: Transaction) -> str | None:
    row = connection.execute("select event_id from stripe_events_cursor").fetchone()
    return None if row is None else row["event_id"]


def _move_cursor(connection: Transaction, event: Event | None) -> None:
    if event is not None:
        connection.execute(
            "insert into stripe_events_cursor (event_id, created_at) values (%s, %s)"
            " on conflict (is_cursor) do update"
            " set event_id = excluded.event_id, created_at = excluded.created_at",
            (event["id"], datetime.fromtimestamp(event["created"], UTC)),
        )
