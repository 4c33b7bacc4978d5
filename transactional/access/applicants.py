"""Many requests at once: whose tokens they carry, and what was answered to their keys before."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Cursor
from psycopg.rows import tuple_row

from transactional.access.tokens import Caller, token_hash
from transactional.database import Transaction, statement


class Applicant(Struct, frozen=True):
    """Who asks, from which country, and what the same shopper's key was used for before."""

    caller: Caller
    country: str | None
    request_hash: bytes | None
    answer: str | None
    """JSON; None: the key is new, or its request was cut off."""


def recognise(
    connection: Transaction, asked: Sequence[tuple[str, str]]
) -> Callable[[], list[Applicant | None]]:
    """Asks who sent each (token, key), now; the call waits for the answer.

    None stands for a token that is unknown, expired or revoked.
    """
    values = {
        "token_hashes": _json([token_hash(token).hex() for token, _ in asked]),
        "keys": _json([key for _, key in asked]),
    }
    cursor = connection.cursor(row_factory=tuple_row).execute(statement("applicants"), values)
    return partial(_recognised, cursor, len(asked))


def _recognised(cursor: Cursor[Any], count: int) -> list[Applicant | None]:
    found: list[Applicant | None] = [None] * count
    for place, *columns in cursor:
        found[place - 1] = _applicant(columns)
    return found


def _applicant(columns: list[Any]) -> Applicant:
    role, subject_id, pseudonym, expires_at, scopes, name, fingerprint, *rest = columns
    return Applicant(
        Caller(role, subject_id, pseudonym, expires_at, scopes, name, fingerprint), *rest
    )


def _json(values: Sequence[str]) -> str:
    return msgspec.json.encode(values).decode()
