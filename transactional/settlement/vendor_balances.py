"""A vendor's balance: what it will get and when, and what it owes."""

from datetime import datetime

from transactional.database import Row, Transaction, statement

MOST_DEBTS = 100


def read(connection: Transaction, vendor_id: int, now: datetime) -> Row:
    """Cents payable by the ledger; held, due, frozen, sending; reversing and owed, oldest first."""
    row = connection.execute(
        statement("vendor_balance"), {"vendor_id": vendor_id, "now": now, "limit": MOST_DEBTS}
    ).fetchone()
    assert row is not None, "the statement has exactly one row"
    return row
