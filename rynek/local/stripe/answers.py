"""Idempotency keys: the same request under the same key gets the same answer, word for word."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec

from rynek.local.stripe.exchange import Answer
from rynek.local.stripe.refusals import InvalidParameter, Json, KeyInUse, KeyMisused
from rynek.local.stripe.store import Books, text

KEPT_S: Final = 24 * 3600
MAX_KEY_LETTERS: Final = 255


@dataclass(frozen=True)
class Saved:
    """An answer found under its key, and the request that first got it."""

    answer: Answer
    request_id: str


def fingerprint(method: str, path: str, form: Json) -> str:
    """What makes two requests the same: method, path and parameters in any order."""
    asked = json.dumps([method, path, form], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def recall(books: Books, key: str, asked: str, now: int) -> Saved | None:
    """The saved answer, if the key is known and less than a day old.

    Raises KeyMisused when the key belongs to another request.
    """
    row = books.connection.execute(
        "select * from answers where account = ? and key = ? and created > ?",
        (books.account, key, now - KEPT_S),
    ).fetchone()
    if row is None:
        return None
    if row["fingerprint"] != asked:
        raise KeyMisused(
            "Keys for idempotent requests can only be used with the same endpoint and parameters "
            f"they were first used with. Use another key than '{key}' for another request."
        )
    return Saved(Answer(row["status"], msgspec.json.decode(row["body"])), row["request_id"])


def remember(
    books: Books, key: str, asked: str, answer: Answer, *, request_id: str, now: int
) -> None:
    """Keep the answer under its key, in the transaction that made it true."""
    books.connection.execute(
        "insert or replace into answers values (?, ?, ?, ?, ?, ?, ?)",
        (books.account, key, asked, answer.status, text(answer.body), request_id, now),
    )


class KeysInUse:
    """The keys whose first request is still being answered."""

    def __init__(self) -> None:
        self._held: set[tuple[str, str]] = set()

    @contextmanager
    def hold(self, account: str, key: str | None) -> Iterator[None]:
        """Hold the key for one request. Raises KeyInUse when another request holds it."""
        if key is None:
            yield
            return
        if len(key) > MAX_KEY_LETTERS:
            raise InvalidParameter(f"An idempotency key has at most {MAX_KEY_LETTERS} letters.")
        if (account, key) in self._held:
            raise KeyInUse(
                f"Another request with the idempotency key '{key}' is being answered. Try again.",
                code="idempotency_key_in_use",
            )
        self._held.add((account, key))
        try:
            yield
        finally:
            self._held.discard((account, key))
