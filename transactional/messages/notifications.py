"""Notifications: written from facts, claimed by a sender with a lease and a fencing token, sent at
least once.

A message is written in the transaction that moves the consumer's position, so none is lost and
none is written twice; what a crash between sending and marking repeats carries the same
Message-ID, or the same event id for a webhook.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from jinja2 import TemplateError
from psycopg.types.json import Jsonb

from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError, NotFoundError
from transactional.messages import directory, notices, vendor_events, wording
from transactional.messages.directory import Directory
from transactional.messages.notices import Message, Notice
from transactional.pauses import Pauses

log = logging.getLogger(__name__)

CLAIM_BATCH = 20
# Longer than a sender may take for a batch; another then takes over.
LEASE = timedelta(minutes=5)
PAUSES = Pauses(first=timedelta(seconds=10), longest=timedelta(hours=6))
# About three days of them.
MOST_TRIES = 24
LONGEST_ERROR = 500


class NotificationUnknownError(NotFoundError):
    """There is no such notification; those that were sent are kept for 90 days."""

    code = "notification_unknown"


class NotificationSentError(ConflictError):
    """This notification was sent, or is about to be; only a failed one can be tried again."""

    code = "notification_not_failed"


def take(
    operator_email: str | None, connection: Transaction, page: Sequence[Row], now: datetime
) -> None:
    """Write the messages that a page of facts gives rise to: what the consumer does."""
    told = [notice for fact in page for notice in notices.of_fact(fact)]
    messages = vendor_events.of_facts(connection, page)
    if told:
        book = directory.read(connection, told, operator_email)
        messages += [message for notice in told for message in emails(book, notice)]
    add(connection, messages, now)


def emails(book: Directory, notice: Notice) -> list[Message]:
    """The notice in words, to everyone whom it concerns and whose address is known.

    One that cannot be put into words is logged and left out: it must not hold up all others.
    """
    try:
        return [
            _email(book, notice, recipient, vendor_id)
            for recipient, vendor_id in book.recipients(notice)
        ]
    except TemplateError:
        log.exception("fact %s: no words for %s", notice.fact_id, notice.kind)
        return []


def add(connection: Transaction, messages: Sequence[Message], now: datetime) -> None:
    if messages:
        rows = Jsonb([asdict(message) for message in messages])
        connection.execute(statement("add_notifications"), {"messages": rows, "now": now})


def claim(connection: Transaction, channel: str, now: datetime) -> list[Row]:
    """What is due on this channel, ours until the lease runs out."""
    return connection.execute(
        statement(f"claim_{channel}s"),
        {"now": now, "limit": CLAIM_BATCH, "lease_expires_at": now + LEASE},
    ).fetchall()


def mark_sent(connection: Transaction, claimed: Row, now: datetime) -> None:
    """A sender whose claim was outdated marks nothing."""
    connection.execute(
        "update notifications set status = 'sent', sent_at = %s, lease_expires_at = null,"
        " last_error = null where notification_id = %s and fencing_token = %s and status = 'due'",
        (now, claimed["notification_id"], claimed["fencing_token"]),
    )


def postpone(connection: Transaction, claimed: Row, reason: str, now: datetime) -> None:
    """Try again after a growing pause, and after the last try give up."""
    is_last = claimed["attempts"] >= MOST_TRIES
    retry_at = now + PAUSES.after(claimed["attempts"])
    _unsent(connection, claimed, "failed" if is_last else "due", reason, retry_at)


def give_up(connection: Transaction, claimed: Row, reason: str, now: datetime) -> None:
    """For what no second try can cure; an operator may still order one."""
    _unsent(connection, claimed, "failed", reason, now)


def retry(connection: Transaction, notification_id: int, now: datetime) -> Row:
    """Raises NotificationUnknownError, NotificationSentError."""
    row = connection.execute(
        "update notifications set status = 'due', attempts = 0, retry_at = %s"
        " where notification_id = %s and status = 'failed' returning *",
        (now, notification_id),
    ).fetchone()
    if row is not None:
        return row
    known = connection.execute(
        "select from notifications where notification_id = %s", (notification_id,)
    )
    raise NotificationSentError if known.rowcount else NotificationUnknownError


def list_page(
    connection: Transaction, wanted: dict[str, str | None], before: int | None, limit: int
) -> list[Row]:
    """Newest first; `wanted` narrows by recipient, kind, channel and status."""
    return connection.execute(
        statement("notifications_page"), {**wanted, "before": before, "limit": limit}
    ).fetchall()


def _email(book: Directory, notice: Notice, recipient: str, vendor_id: int | None) -> Message:
    words = wording.write(notice.kind, book.market, book.things(notice, vendor_id))
    return Message(
        channel="email",
        recipient=recipient,
        kind=notice.kind,
        topic=notice.topic,
        fact_id=notice.fact_id,
        vendor_id=vendor_id,
        subject=words.subject,
        body=words.body,
    )


def _unsent(
    connection: Transaction, claimed: Row, status: str, reason: str, retry_at: datetime
) -> None:
    connection.execute(
        "update notifications set status = %s, retry_at = %s, lease_expires_at = null,"
        " last_error = %s where notification_id = %s and fencing_token = %s and status = 'due'",
        (
            status,
            retry_at,
            reason[:LONGEST_ERROR],
            claimed["notification_id"],
            claimed["fencing_token"],
        ),
    )
