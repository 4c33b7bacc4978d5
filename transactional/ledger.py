"""The double-entry ledger: debits positive, credits negative, every journal at zero."""

from collections.abc import Sequence
from datetime import datetime

from transactional.database import Transaction, statement


def record_sales(connection: Transaction, order_ids: Sequence[int]) -> None:
    """One `sale` journal per paid order: what came in, what each vendor is owed, what is ours."""
    connection.execute(statement("open_sale_accounts"), {"order_ids": list(order_ids)})
    connection.execute(statement("record_sales"), {"order_ids": list(order_ids)})


def record_transfer(connection: Transaction, transfer_id: int, now: datetime) -> None:
    """The `transfer` journal: the vendor is owed less, and the balance at Stripe is smaller."""
    connection.execute(statement("record_transfer"), {"transfer_id": transfer_id, "now": now})
