"""Open tasks: what is owed and not done yet, for an operator to see."""

from datetime import datetime, timedelta

from transactional.database import Row, Transaction, statement

MOST_SHOWN = 200
# Younger ones are simply at work.
OVERDUE = timedelta(seconds=60)


def read(connection: Transaction, now: datetime) -> list[Row]:
    """Oldest first: kind, key, since, detail."""
    return connection.execute(
        statement("open_tasks"), {"before": now - OVERDUE, "limit": MOST_SHOWN}
    ).fetchall()
