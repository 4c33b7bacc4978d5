"""The relay: numbers the outbox's facts and publishes them to a Redis Stream (contract 2).

One relay at a time, by a session advisory lock. It numbers every fact its snapshot sees, commits
that durably, publishes with the position as the stream's id, then marks. It waits for nobody: a
fact that commits late gets a later position. Killed anywhere, the next relay goes on from the
marks.
"""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, cast

import psycopg
import redis
from psycopg.rows import dict_row

from transactional import gaps
from transactional.database import Row, statement
from transactional.errors import UnavailableError
from transactional.facts import outbox

log = logging.getLogger(__name__)

RELAY_LOCK = 7_301_985
STREAM = "rynek:facts"
PUBLISHED = "rynek:facts:published"
# The stream is a window for live readers; who was away longer reads GET /v1/facts.
STREAM_LENGTH = 200_000
PUBLISH_BATCH = 1_000
SECONDS_BETWEEN_HEARTBEATS = 0.5
# A relay that is stopped does not keep the lock that others wait for.
SESSION_OPTIONS = (
    "-c timezone=UTC -c synchronous_commit=on"
    " -c idle_session_timeout=30s -c idle_in_transaction_session_timeout=10s"
)


class Sink(Protocol):
    """Where published facts go; a larger house puts Kafka here."""

    def publish(self, published: Sequence[Row]) -> None: ...

    def heartbeat(self, position: int, identity: str, now: datetime) -> None: ...


class RedisSink:
    """The stream `rynek:facts`, entry id `<position>-0`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._redis = client

    def publish(self, published: Sequence[Row]) -> None:
        """Append facts in position order; what was published before a crash is left alone."""
        if any(_is_refused(answer) for answer in self._append(published)):
            newest = cast(Any, self._redis.xrevrange(STREAM, count=1))
            if newest and _identity(newest[0][1]) != published[0]["identity"]:
                log.warning("%s holds another market's facts; it is begun anew", STREAM)
                self._redis.delete(STREAM)
                self._append(published)

    def heartbeat(self, position: int, identity: str, now: datetime) -> None:
        beat = {"position": position, "at": now.isoformat(), "identity": identity}
        self._redis.set(PUBLISHED, json.dumps(beat))

    def _append(self, published: Sequence[Row]) -> list[object]:
        """Redis's answers: an entry's id, or its refusal of an id that is not the newest."""
        batch = self._redis.pipeline(transaction=False)
        for fact in published:
            batch.xadd(
                STREAM,
                {"fact": json.dumps(fact)},
                id=f"{fact['position']}-0",
                maxlen=STREAM_LENGTH,
                approximate=True,
            )
        answers: list[object] = batch.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, Exception) and not _is_refused(answer):
                raise answer
        return answers


def _is_refused(answer: object) -> bool:
    return isinstance(answer, redis.ResponseError) and "equal or smaller" in str(answer)


def _identity(fields: dict[bytes, bytes]) -> object:
    return json.loads(fields[b"fact"])["identity"]


class RelayTakenError(UnavailableError):
    """Another relay is at work on this database; this one waits for it to end."""

    code = "relay_taken"


class Relay:
    """Holds one connection, and on it the lock that makes it the only relay."""

    def __init__(self, database_url: str, sink: Sink) -> None:
        self._sink = sink
        self._connection = psycopg.connect(
            database_url,
            autocommit=True,
            row_factory=dict_row,
            options=SESSION_OPTIONS,
        )
        if not self._scalar(f"select pg_try_advisory_lock({RELAY_LOCK})"):
            self._connection.close()
            raise RelayTakenError
        self._connection.execute(f"listen {outbox.CHANNEL}")
        self._identity = self._scalar("select market_identity()")

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def run_once(self, clock: Callable[[], datetime]) -> int:
        """Number and publish what has been committed; returns how many facts were published.

        The heartbeat's time lies before the numbering: of what was committed by then, nothing is
        missing.
        """
        complete_at = clock()
        self._number()
        count = 0
        while published := self._unpublished():
            self._sink.publish(published)
            gaps.reach("facts_published_not_marked")
            self._mark(published[-1]["position"])
            count += len(published)
        self._sink.heartbeat(self._confirm(complete_at), self._identity, complete_at)
        return count

    def wait(self, seconds: float = SECONDS_BETWEEN_HEARTBEATS) -> None:
        """Until a fact is announced, or `seconds` have passed."""
        for _ in self._connection.notifies(timeout=seconds, stop_after=1):
            return

    def _number(self) -> None:
        with self._connection.transaction():
            self._connection.execute("set transaction isolation level repeatable read")
            self._connection.execute(statement("number_facts"))

    def _unpublished(self) -> list[Row]:
        position = self._scalar("select published_position from relay")
        page = {"after": position, "until": 2**63 - 1, "limit": PUBLISH_BATCH}
        rows = self._connection.execute(statement("facts_page"), page).fetchall()
        return [row["fact"] for row in rows]

    def _mark(self, position: int) -> None:
        self._connection.execute("update relay set published_position = %s", (position,))

    def _confirm(self, complete_at: datetime) -> int:
        """Write down as of when the published position is complete; returns the position."""
        confirmed = "update relay set published_at = %s returning published_position"
        return int(self._scalar(confirmed, complete_at))

    def _scalar(self, query: str, *values: object) -> Any:
        row = self._connection.execute(query, values).fetchone()
        assert row is not None, "these queries have exactly one row"
        return next(iter(row.values()))
