"""What a verb is given and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rynek.local.stripe.refusals import Json, NoSuchObject
from rynek.local.stripe.store import Books, Record

API_VERSION: Final = "2026-10-28.endive"
"""The version whose rules the stand-in speaks, and that its events are rendered in."""


@dataclass(frozen=True)
class Call:
    """One request, decoded, inside its open transaction."""

    books: Books
    form: Json
    path: dict[str, str]
    now: int
    """Unix seconds, UTC."""
    request_id: str | None
    idempotency_key: str | None
    base_url: str
    """Where this stand-in is reached, without a trailing slash."""

    def find(self, kind: str, noun: str, object_id: str) -> Record:
        """The object named in the path. Raises NoSuchObject (404)."""
        record = self.books.find(kind, object_id)
        if record is None:
            raise NoSuchObject(
                f"No such {noun}: '{object_id}'", code="resource_missing", param="id"
            )
        return record


@dataclass(frozen=True)
class Answer:
    """A committed outcome. A declined card is one too: status 402, and the failure is on file."""

    status: int
    body: Json


Verb = Callable[[Call], Answer]


def ok(body: Json) -> Answer:
    return Answer(200, body)
