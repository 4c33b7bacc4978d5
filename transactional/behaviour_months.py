"""Months of behaviour: a partition each, made before its first event.

The default partition stays beneath them: events of a month that has none are kept there.
"""

from datetime import date, datetime, timedelta

import psycopg
from psycopg import sql

from transactional.database import Database, Transaction

# Reached a week before the month begins, so that no event waits for its partition.
AHEAD = timedelta(days=7)
# Making one waits for every reader of the table, and every writer then waits for it: not for long.
LOCK_TIMEOUT = "500ms"
# Another worker made it, or its first event came, between the look and the lock.
OVERTAKEN = (
    psycopg.errors.CheckViolation,
    psycopg.errors.DuplicateTable,
    psycopg.errors.UniqueViolation,
)


def ensure_present(database: Database, now: datetime) -> int:
    """Make this month's partition, and soon the next one's; returns how many were made.

    Raises DatabaseBusyError while a long reader, a load perhaps, is at the table.
    """
    made = 0
    for month in sorted({_first_day(now), _first_day(now + AHEAD)}):
        with database.transaction() as connection:
            made += make(connection, month)
    return made


def make(connection: Transaction, month: date) -> bool:
    """The partition of the month beginning at `month` (UTC).

    False where it is there, or where the default partition holds some of its events already: they
    stay where they are. Locks the whole table until the caller's transaction ends.
    """
    name, end = f"behaviour_events_{month:%Y_%m}", _first_day(month + timedelta(days=31))
    if _is_there(connection, name) or _holds_events(connection, month, end):
        return False
    try:
        with connection.transaction():
            _create(connection, name, month, end)
    except OVERTAKEN:
        return False
    return True


def _create(connection: Transaction, name: str, month: date, end: date) -> None:
    connection.execute(sql.SQL("set local lock_timeout = {}").format(LOCK_TIMEOUT))
    connection.execute("select open_behaviour_month(%s, %s, %s)", (name, month, end))


def _is_there(connection: Transaction, name: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null as is_there", (name,)).fetchone()
    return row is not None and bool(row["is_there"])


def _holds_events(connection: Transaction, month: date, end: date) -> bool:
    found = connection.execute(
        "select from behaviour_events_other where occurred_at >= %s and occurred_at < %s limit 1",
        (f"{month} 00:00+00", f"{end} 00:00+00"),
    )
    return found.rowcount > 0


def _first_day(moment: date) -> date:
    return date(moment.year, moment.month, 1)
