"""The audit trail: who had which effect, written in the transaction that has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from transactional.database import Row, Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """`action` is a method and a route, `subject` the typed ids in its path."""

    occurred_at: datetime
    role: str
    principal: str
    action: str
    subject: str | None
    request_id: str | None


def record(connection: Transaction, entries: Sequence[Entry]) -> None:
    """One statement, however many they are."""
    connection.execute(
        "insert into audit (occurred_at, role, principal, action, subject, request_id)"
        " select * from unnest(%s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[],"
        " %s::text[])",
        (
            [entry.occurred_at for entry in entries],
            [entry.role for entry in entries],
            [entry.principal for entry in entries],
            [entry.action for entry in entries],
            [entry.subject for entry in entries],
            [entry.request_id for entry in entries],
        ),
    )


def list_page(
    connection: Transaction,
    principal: str | None,
    subject: str | None,
    before: int | None,
    limit: int,
) -> list[Row]:
    """Newest first, of one principal or about one subject where that is asked."""
    return connection.execute(
        "select audit_id, occurred_at, role, principal, action, subject, request_id from audit"
        " where (%(principal)s::text is null or principal = %(principal)s)"
        " and (%(subject)s::text is null or subject = %(subject)s)"
        " and (%(before)s::bigint is null or audit_id < %(before)s)"
        " order by audit_id desc limit %(limit)s",
        {"principal": principal, "subject": subject, "before": before, "limit": limit},
    ).fetchall()
