"""Idempotency keys: a repeated request gets the first one's answer, not a second effect.

The key is claimed in the transaction that has the effect, so that a concurrent twin waits for its
end and a failed request leaves its key free.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg

from transactional.database import Database, Row, Transaction
from transactional.errors import RefusedError

KEPT_FOR = timedelta(days=7)
CLEANING_BATCH = 5_000
ONE_ANSWER = "idempotency_keys_pkey"


class KeyReusedError(RefusedError):
    """This Idempotency-Key was used for another request; take a new key for a new request."""

    code = "idempotency_key_reused"


def is_twins(error: Exception) -> bool:
    """Whether the same request was answered while this one was being written."""
    return (
        isinstance(error, psycopg.errors.UniqueViolation)
        and error.diag.constraint_name == ONE_ANSWER
    )


@dataclass(frozen=True, slots=True)
class Request:
    """One caller's key and what it was used for."""

    principal: str
    key: str
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status_code: int
    body: Any


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """The same for the same request: JSON is compared by content, not by spacing or order."""
    try:
        canonical = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    except (ValueError, RecursionError):  # no JSON, or so deep that nobody reads it
        canonical = body
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), canonical])).digest()


def claim(connection: Transaction, request: Request) -> Answer | None:
    """The stored answer of an earlier twin; None where this request is to go on.

    None also comes for a twin that was cut off before its answer: its effect is then continued.
    Raises KeyReusedError; DatabaseBusyError where the twin is still at it after the lock timeout.
    """
    connection.execute(
        "insert into idempotency_keys (principal, key, request_hash) values (%s, %s, %s)"
        " on conflict do nothing",
        (request.principal, request.key, request.request_hash),
    )
    row = connection.execute(
        "select request_hash, status_code, body from idempotency_keys"
        " where principal = %s and key = %s",
        (request.principal, request.key),
    ).fetchone()
    assert row is not None, "it was inserted above"
    if row["request_hash"] != request.request_hash:
        raise KeyReusedError
    return None if row["status_code"] is None else _stored(row)


def remember(connection: Transaction, request: Request, answer: Answer) -> Answer:
    """The answer that counts from now on: this one, unless a twin's is there already."""
    row = connection.execute(
        "update idempotency_keys set status_code = coalesce(status_code, %s),"
        " body = case when status_code is null then %s else body end"
        " where principal = %s and key = %s returning status_code, body",
        (answer.status_code, _json(answer.body), request.principal, request.key),
    ).fetchone()
    # A key that was forgotten meanwhile has no twin any more.
    return answer if row is None else _stored(row)


def attempt_of(connection: Transaction, request: Request) -> int | None:
    """The attempt to pay that this claimed request, or a twin of it, began or went on with."""
    row = connection.execute(
        "select attempt_id from idempotency_keys where principal = %s and key = %s",
        (request.principal, request.key),
    ).fetchone()
    return None if row is None else row["attempt_id"]


def tie(connection: Transaction, request: Request, attempt_id: int) -> None:
    """Whoever repeats this claimed request goes on with this attempt, also once it is answered."""
    connection.execute(
        "update idempotency_keys set attempt_id = %s where principal = %s and key = %s",
        (attempt_id, request.principal, request.key),
    )


def forget_old(database: Database, now: datetime) -> int:
    """Drop keys that nobody repeats any more; returns how many."""
    with database.transaction() as connection:
        return connection.execute(
            "delete from idempotency_keys where (principal, key) in"
            " (select principal, key from idempotency_keys where created_at < %s limit %s)",
            (now - KEPT_FOR, CLEANING_BATCH),
        ).rowcount


def _stored(row: Row) -> Answer:
    return Answer(row["status_code"], msgspec.json.decode(row["body"]))


def _json(body: Any) -> str:
    return msgspec.json.encode(body).decode()
