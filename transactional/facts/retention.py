"""How long what is done with stays, and the worker that prunes it, a bounded batch at a time.

Facts stay until the relay has published them and every consumer has read them, and for the kept
time in any case: longer than a published snapshot may be served or rolled back to.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from transactional.database import Database, Transaction, statement

FACTS_KEPT = timedelta(days=30)
WEBHOOKS_KEPT = timedelta(days=30)
TOKENS_KEPT = timedelta(days=30)
NOTIFICATIONS_KEPT = timedelta(days=90)
BATCH = 5_000

Pruning = Callable[[Transaction, datetime], int]


def prune(database: Database, now: datetime) -> int:
    """One batch of each; returns how many rows went."""
    return sum(
        _in_its_own_transaction(database, prune_one, now)
        for prune_one in (_facts, _webhook_events, _tokens, _notifications)
    )


def _in_its_own_transaction(database: Database, prune_one: Pruning, now: datetime) -> int:
    with database.transaction() as connection:
        return prune_one(connection, now)


def _facts(connection: Transaction, now: datetime) -> int:
    before = {"before": now - FACTS_KEPT, "limit": BATCH}
    return connection.execute(statement("prune_facts"), before).rowcount


def _webhook_events(connection: Transaction, now: datetime) -> int:
    """Those set aside stay until a person has looked at them."""
    return connection.execute(
        "delete from webhook_events where event_id in (select event_id from webhook_events"
        " where applied_at < %s order by applied_at limit %s)",
        (now - WEBHOOKS_KEPT, BATCH),
    ).rowcount


def _tokens(connection: Transaction, now: datetime) -> int:
    return connection.execute(
        "delete from tokens where token_hash in (select token_hash from tokens"
        " where expires_at < %(before)s or revoked_at < %(before)s limit %(limit)s)",
        {"before": now - TOKENS_KEPT, "limit": BATCH},
    ).rowcount


def _notifications(connection: Transaction, now: datetime) -> int:
    """Those that are still due stay."""
    return connection.execute(
        "delete from notifications where notification_id in (select notification_id"
        " from notifications where created_at < %s and status <> 'due'"
        " order by created_at limit %s)",
        (now - NOTIFICATIONS_KEPT, BATCH),
    ).rowcount
