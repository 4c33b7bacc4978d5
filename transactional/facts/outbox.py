"""The outbox: facts, written in the transaction that makes them true, behind its row locks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from transactional.database import Database, Row, Transaction, statement
from transactional.errors import GoneError

# NOTIFY wakes the relay; should a notification be lost, its poll finds the facts a moment later.
CHANNEL = "rynek_facts"
LARGEST_PAGE = 1_000


class FactsPrunedError(GoneError):
    """Facts behind this position are no longer kept; start anew from the tables or a snapshot."""

    code = "facts_pruned"


@dataclass(frozen=True, slots=True)
class FactPage:
    facts: list[Row]
    published_position: int
    published_at: datetime | None
    """By then nothing had been committed that lies behind the position; None: no relay yet."""


def write(
    connection: Transaction,
    type_: str,
    key: str,
    version: int,
    payload: Mapping[str, Any],
    occurred_at: datetime,
) -> None:
    connection.execute(
        "insert into outbox (type, key, version, payload, occurred_at) values (%s, %s, %s, %s, %s)",
        (type_, key, version, Jsonb(payload), occurred_at),
    )
    announce(connection)


def write_vendor_orders(
    connection: Transaction, vendor_order_ids: Sequence[int], now: datetime
) -> None:
    """One `vendor_order.changed` each, with the state that this transaction gave it."""
    connection.execute(
        statement("vendor_order_facts"), {"vendor_order_ids": list(vendor_order_ids), "now": now}
    )
    announce(connection)


def write_offer(connection: Transaction, offer_id: int, now: datetime) -> None:
    connection.execute(statement("offer_facts"), {"offer_ids": [offer_id], "now": now})
    announce(connection)


def write_vendor(connection: Transaction, vendor_id: int, now: datetime) -> None:
    connection.execute(
        "insert into outbox (type, key, version, occurred_at, payload)"
        " select 'vendor.changed', 'ven_' || vendor_id, version, %s, jsonb_build_object("
        "'vendor_id', vendor_id, 'name', name, 'status', status,"
        " 'status_version', status_version, 'is_payout_ready', is_payout_ready,"
        " 'requirements_due', requirements_due) from vendors where vendor_id = %s",
        (now, vendor_id),
    )
    announce(connection)


def announce(connection: Transaction) -> None:
    connection.execute("select pg_notify(%s, '')", (CHANNEL,))


def announce_alone(database: Database) -> None:
    """`announce` in a transaction of its own, which does not wait for the disk: there is nothing
    in it to lose.

    NOTIFY takes a lock of the whole cluster until its commit is on disk: two batches of orders
    that announced themselves could not be written together. Raises DatabaseBusyError.
    """
    with database.unbound() as connection:
        connection.execute(
            "select set_config('synchronous_commit', 'off', true), pg_notify(%s, '')", (CHANNEL,)
        )


def page(connection: Transaction, after: int, limit: int) -> FactPage:
    """Numbered facts behind position `after`, in order: what a consumer missed on the stream.

    Raises FactsPrunedError.
    """
    limit = min(limit, LARGEST_PAGE)
    published = connection.execute("select published_position, published_at from relay").fetchone()
    assert published is not None, "the schema inserts the relay's only row"
    rows = connection.execute(
        statement("facts_page"),
        {"after": after, "limit": limit, "until": published["published_position"]},
    ).fetchall()
    _refuse_pruned(connection, after)
    return FactPage([row["fact"] for row in rows], **published)


def _refuse_pruned(connection: Transaction, after: int) -> None:
    """Asked after the facts were read, so that none can have gone unnoticed in between."""
    row = connection.execute("select pruned_position from relay").fetchone()
    assert row is not None, "the schema inserts the relay's only row"
    if after < row["pruned_position"]:
        raise FactsPrunedError(oldest_position=row["pruned_position"])
