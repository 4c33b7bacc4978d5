"""The canonical state of one order: its money and its stock, without keys, times and versions.

Two orders to which the same happened have the same state, whatever they are called.
"""

from transactional.database import Database, Row

State = dict[str, list[Row]]

_OFFERS = "(select offer_id from order_lines where order_id = %(order_id)s)"

# One query per table, over one order; rows are compared in the order given.
QUERIES = {
    "orders": "select status, refunded_cents from orders where order_id = %(order_id)s",
    "vendor_orders": "select status, refunded_cents, vendor_refunded_cents from vendor_orders"
    " where order_id = %(order_id)s order by vendor_order_id",
    "holds": "select status, generation from holds where order_id = %(order_id)s",
    "payments": "select hold_generation, status, ended_in, amount_cents, failure_code"
    " from payments where order_id = %(order_id)s order by hold_generation",
    "stock": "select available_units, held_units, sold_units from stock"
    f" where offer_id in {_OFFERS} order by offer_id",
    "stock_moves": "select kind, available_units, held_units, sold_units from stock_moves"
    f" where offer_id in {_OFFERS} order by kind, available_units, held_units, sold_units",
    "transfers": "select status, amount_cents, netted_cents, reversed_cents from transfers"
    " where order_id = %(order_id)s order by vendor_order_id",
    "refunds": "select origin, status, reason, amount_cents, failure_code from refunds"
    " where order_id = %(order_id)s order by origin, amount_cents, status",
    "refund_lines": "select quantity, restocked_units, items_cents, shipping_cents, vendor_cents"
    " from refund_lines join refunds using (refund_id) where order_id = %(order_id)s"
    " order by items_cents, shipping_cents, vendor_cents",
    "transfer_reversals": "select transfer_reversals.status, transfer_reversals.amount_cents,"
    " transfer_reversals.reversed_cents, transfer_reversals.netted_cents"
    " from transfer_reversals join transfers using (transfer_id) where order_id = %(order_id)s"
    " order by transfer_reversals.amount_cents",
    "disputes": "select status, reason, amount_cents, fee_cents from disputes"
    " where order_id = %(order_id)s order by amount_cents, status",
    # Balances, not journals: who never saw a dispute open has nothing to take back when it is won.
    "balances": "select accounts.kind, sum(postings.amount_cents)::bigint as amount_cents"
    " from journals join postings using (journal_id) join accounts using (account_id)"
    " where order_id = %(order_id)s group by accounts.kind having sum(postings.amount_cents) <> 0"
    " order by accounts.kind",
}


def read(database: Database, order_id: int) -> State:
    """What the tables say of the order now."""
    with database.transaction() as connection:
        return {
            table: connection.execute(query, {"order_id": order_id}).fetchall()
            for table, query in QUERIES.items()
        }


def difference(wanted: State, found: State) -> str:
    """Which tables disagree, and how; empty where none does."""
    return "; ".join(
        f"{table}: {found[table]}, not {wanted[table]}"
        for table in QUERIES
        if found[table] != wanted[table]
    )
