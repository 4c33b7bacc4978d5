"""Stripe's webhooks: stored once by event id, applied by asking Stripe for the object as it is now.

So they may come in any order and any number of times, and the state is the same. What Stripe keeps
refusing to explain is set aside for an operator; an outage only postpones, and when it ends all
that waits is tried again at once.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from transactional import gaps
from transactional.database import Database, Row, Transaction
from transactional.errors import ConflictError, MarketError, NotFoundError, UnavailableError
from transactional.gateway import Gateway, WebhookInvalidError
from transactional.pauses import Pauses
from transactional.payment import stripe_objects

log = logging.getLogger(__name__)

BATCH = 50
PAUSES = Pauses(first=timedelta(seconds=1), longest=timedelta(hours=1))
# Over an hour of them; what is refused for so long stays refused.
MOST_TRIES = 13
# Codes of errors that tell of a dependency's absence, not of the event.
OUTAGES = ("stripe_unavailable", "database_busy")


class WebhookUnknownError(NotFoundError):
    """There is no such webhook here; its event id begins with evt_."""

    code = "webhook_unknown"


class WebhookAppliedError(ConflictError):
    """This webhook has been applied already; nothing is left to try."""

    code = "webhook_applied"


def store(
    connection: Transaction, event: dict[str, Any], now: datetime, *, is_delivered: bool = True
) -> bool:
    """Keep a verified event; False where it is known already. Raises WebhookInvalidError.

    One that was not delivered was found in Stripe's own list. After an error the caller's
    transaction is to be rolled back.
    """
    event_id, type_ = event.get("id"), event.get("type")
    if not isinstance(event_id, str) or not isinstance(type_, str):
        raise WebhookInvalidError("an event has an id and a type")
    try:
        stored = connection.execute(
            "insert into webhook_events (event_id, type, payload, retry_at, is_delivered)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            (event_id, type_, Jsonb(event), now, is_delivered),
        )
    except psycopg.DataError as error:  # a NUL character, or a number that is none
        raise WebhookInvalidError("an event is JSON that Postgres can keep") from error
    return stored.rowcount == 1


def apply(database: Database, gateway: Gateway, now: datetime) -> int:
    """Apply what has come in; returns how many events were tried."""
    with database.transaction() as connection:
        events = connection.execute(
            "select event_id, payload, attempts from webhook_events"
            " where applied_at is null and set_aside_at is null and retry_at <= %s"
            " order by retry_at, event_id limit %s",
            (now, BATCH),
        ).fetchall()
    for event in events:
        gaps.reach("webhook_stored_not_applied")
        _apply_one(database, gateway, event, now)
    return len(events)


def try_again(connection: Transaction, event_id: str, now: datetime) -> Row:
    """Have a webhook tried at once that was set aside or waits: its id, type, attempts, last_error.

    Raises WebhookUnknownError, WebhookAppliedError.
    """
    event = connection.execute(
        "select event_id, type, attempts, last_error, applied_at from webhook_events"
        " where event_id = %s for update",
        (event_id,),
    ).fetchone()
    if event is None:
        raise WebhookUnknownError
    if event["applied_at"] is not None:
        raise WebhookAppliedError
    connection.execute(
        "update webhook_events set retry_at = %s, set_aside_at = null where event_id = %s",
        (now, event_id),
    )
    return event


def _apply_one(database: Database, gateway: Gateway, event: Row, now: datetime) -> None:
    told = _part(_part(event["payload"], "data"), "object")
    try:
        stripe_objects.learn(database, gateway, told, now)
    except MarketError as error:
        is_refused = not isinstance(error, UnavailableError)
        if is_refused:
            log.error("webhook %s cannot be applied: %s", event["event_id"], error)
        with database.transaction() as connection:
            if is_refused and event["attempts"] + 1 >= MOST_TRIES:
                _set_aside(connection, event, error, now)
            else:
                _postpone(connection, event, error, now)
    else:
        with database.transaction() as connection:
            _mark_applied(connection, event, now)


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside another; empty where it is something else, which no retry would change."""
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _mark_applied(connection: Transaction, event: Row, now: datetime) -> None:
    before = connection.execute(
        "update webhook_events set applied_at = %s, set_aside_at = null, attempts = attempts + 1,"
        " last_error = null, error_code = null where event_id = %s and applied_at is null"
        " returning old.error_code",
        (now, event["event_id"]),
    ).fetchone()
    if before is not None and before["error_code"] in OUTAGES:
        _end_outage(connection, now)


def _end_outage(connection: Transaction, now: datetime) -> None:
    """What waits, or was set aside, may have failed for the same reason: one more try for each."""
    connection.execute(
        "update webhook_events set retry_at = %s, set_aside_at = null"
        " where applied_at is null and (set_aside_at is not null or retry_at > %s)",
        (now, now),
    )


def _set_aside(connection: Transaction, event: Row, error: MarketError, now: datetime) -> None:
    """No more tries: an operator finds it among the open tasks."""
    connection.execute(
        "update webhook_events set attempts = attempts + 1, set_aside_at = %s, last_error = %s,"
        " error_code = %s where event_id = %s and applied_at is null",
        (now, str(error), error.code, event["event_id"]),
    )


def _postpone(connection: Transaction, event: Row, error: MarketError, now: datetime) -> None:
    retry_at = now + PAUSES.after(event["attempts"] + 1)
    connection.execute(
        "update webhook_events set attempts = attempts + 1, retry_at = %s, last_error = %s,"
        " error_code = %s where event_id = %s and applied_at is null",
        (retry_at, str(error), error.code, event["event_id"]),
    )
