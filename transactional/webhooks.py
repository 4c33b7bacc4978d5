"""Stripe's webhooks: stored once by event id, applied by asking Stripe for the object as it is now.

So they may come in any order and any number of times, and the state is the same. What Stripe keeps
refusing to explain is set aside; an outage only postpones.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from transactional import payments
from transactional.database import Database, Row, Transaction
from transactional.errors import MarketError, UnavailableError
from transactional.gateway import Gateway, WebhookInvalidError

log = logging.getLogger(__name__)

BATCH = 50
FIRST_RETRY = timedelta(seconds=1)
LAST_RETRY = timedelta(hours=1)
# Over an hour of them; what is refused for so long stays refused.
MOST_TRIES = 13


def store(connection: Transaction, event: dict[str, Any], now: datetime) -> bool:
    """Keep a verified event; False where it is known already. Raises WebhookInvalidError.

    After an error the caller's transaction is to be rolled back.
    """
    event_id, type_ = event.get("id"), event.get("type")
    if not isinstance(event_id, str) or not isinstance(type_, str):
        raise WebhookInvalidError("an event has an id and a type")
    try:
        stored = connection.execute(
            "insert into webhook_events (event_id, type, payload, retry_at) values (%s, %s, %s, %s)"
            " on conflict do nothing",
            (event_id, type_, Jsonb(event), now),
        )
    except psycopg.DataError as error:  # a NUL character, or a number that is none
        raise WebhookInvalidError("an event is JSON that Postgres can keep") from error
    return stored.rowcount == 1


def apply(database: Database, gateway: Gateway, now: datetime) -> int:
    """Apply what has come in; returns how many events were tried."""
    with database.transaction() as connection:
        events = connection.execute(
            "select event_id, type, payload, attempts from webhook_events"
            " where applied_at is null and set_aside_at is null and retry_at <= %s"
            " order by retry_at, event_id limit %s",
            (now, BATCH),
        ).fetchall()
    for event in events:
        _apply_one(database, gateway, event, now)
    return len(events)


def _apply_one(database: Database, gateway: Gateway, event: Row, now: datetime) -> None:
    try:
        _settle(database, gateway, event, now)
    except MarketError as error:
        is_refused = not isinstance(error, UnavailableError)
        if is_refused:
            log.error("webhook %s cannot be applied: %s", event["event_id"], error)
        with database.transaction() as connection:
            if is_refused and event["attempts"] + 1 >= MOST_TRIES:
                _set_aside(connection, event, str(error), now)
            else:
                _postpone(connection, event, str(error), now)


def _settle(database: Database, gateway: Gateway, event: Row, now: datetime) -> None:
    payment_intent_id = _payment_intent_of(event)
    intent = gateway.ask(payment_intent_id) if payment_intent_id else None
    with database.transaction() as connection:
        if intent is not None:
            payment_id = payments.find(connection, intent.payment_intent_id, intent.attempt_key)
            if payment_id is not None:
                payments.settle(connection, payment_id, intent, now)
        connection.execute(
            "update webhook_events set applied_at = %s, attempts = attempts + 1, last_error = null"
            " where event_id = %s",
            (now, event["event_id"]),
        )


def _payment_intent_of(event: Row) -> str | None:
    """Which PaymentIntent to ask for; other objects change nothing here."""
    thing = _part(_part(event["payload"], "data"), "object")
    kind = str(event["type"]).partition(".")[0]
    named = {"payment_intent": thing.get("id"), "charge": thing.get("payment_intent")}.get(kind)
    return named if isinstance(named, str) else None


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside another; empty where it is something else, which no retry would change."""
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _set_aside(connection: Transaction, event: Row, reason: str, now: datetime) -> None:
    """No more tries: an operator finds it among the open tasks."""
    connection.execute(
        "update webhook_events set attempts = attempts + 1, set_aside_at = %s, last_error = %s"
        " where event_id = %s",
        (now, reason, event["event_id"]),
    )


def _postpone(connection: Transaction, event: Row, reason: str, now: datetime) -> None:
    wait = min(FIRST_RETRY * 2 ** min(event["attempts"], 16), LAST_RETRY)
    connection.execute(
        "update webhook_events set attempts = attempts + 1, retry_at = %s, last_error = %s"
        " where event_id = %s",
        (now + wait, reason, event["event_id"]),
    )
