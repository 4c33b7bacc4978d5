"""Consumers of facts inside the core: each keeps how far it has read in its own row.

They read the outbox itself, so the stream may lose everything and a consumer may have been away
for a week: what it missed is still there, because no fact is pruned before all have read it. What
it does with a page and its new position are one transaction, so every fact counts exactly once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from transactional.database import Database, Row, Transaction
from transactional.facts import outbox

PAGE = 500


@dataclass(frozen=True, slots=True)
class Consumer:
    """`take` gets the published facts behind the last position, in order; it must not call out."""

    name: str
    take: Callable[[Transaction, Sequence[Row], datetime], None]


def run_once(database: Database, consumer: Consumer, now: datetime) -> int:
    """Read one page further; returns how many facts were read. 0 where a twin is reading."""
    with database.transaction() as connection:
        position = _claim(connection, consumer.name)
        if position is None:
            return 0
        read = outbox.page(connection, position, PAGE).facts
        if read:
            consumer.take(connection, read, now)
            connection.execute(
                "update consumers set position = %s, updated_at = %s where name = %s",
                (read[-1]["position"], now, consumer.name),
            )
    return len(read)


def _claim(connection: Transaction, name: str) -> int | None:
    """The consumer's position, its row locked; a new consumer begins with the oldest kept fact."""
    connection.execute(
        "insert into consumers (name, position) select %s, pruned_position from relay"
        " on conflict do nothing",
        (name,),
    )
    row = connection.execute(
        "select position from consumers where name = %s for update skip locked", (name,)
    ).fetchone()
    return None if row is None else row["position"]
