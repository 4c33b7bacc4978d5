"""What a model of the market is shown: in which state things are, and the sums to compare."""

from rynek.soak.model import Seen
from rynek.soak.sums import Accounts
from transactional.database import Row, Transaction

STATES = {
    "orders": "select order_id as key, orders.status, holds.status as hold_status"
    " from orders join holds using (order_id)",
    "vendor_orders": "select vendor_order_id as key, status, delivered_at from vendor_orders",
    "payments": "select payment_id as key, order_id, status, ended_in, stripe_payment_intent_id"
    " from payments",
    "refunds": "select refund_id as key, order_id, payment_id, origin, status,"
    " booked_at is not null as is_booked, failure_code, stripe_refund_id,"
    " array(select distinct vendor_order_id from refund_lines"
    " where refund_lines.refund_id = refunds.refund_id) as vendor_order_ids from refunds",
    "transfers": "select vendor_order_id as key, transfer_id, vendor_id, status, attempts,"
    " stripe_transfer_id from transfers",
    "reversals": "select transfer_reversal_id as key, refund_id, vendor_order_id,"
    " transfer_reversals.status, stripe_reversal_id is not null as is_reversed"
    " from transfer_reversals join transfers using (transfer_id)",
    "disputes": "select dispute_id as key, order_id, payment_id, status, taken_cents, fee_cents,"
    " stripe_dispute_id from disputes",
}
BALANCES = """
select accounts.kind, accounts.vendor_id, sum(postings.amount_cents)::bigint as cents
from postings
join accounts using (account_id)
group by accounts.kind, accounts.vendor_id
having sum(postings.amount_cents) <> 0
"""
# What a worker of money still has to do, a bank's decision aside.
UNFINISHED = """
select 'payment attempts' as what, count(*) as count from payment_attempts where status = 'started'
union all select 'payments without an end', count(*) from payments
    where status = 'succeeded' and ended_in is null
union all select 'payments of given-up orders', count(*) from payments join orders using (order_id)
    where orders.status = 'cancelled' and stripe_payment_intent_id is not null
    and payments.status in ('requires_payment', 'requires_action', 'processing')
union all select 'transfers', count(*) from transfers
    where status = 'sending' or (status = 'due' and due_at <= %(now)s)
union all select 'refunds', count(*) from refunds where status in ('due', 'sending')
union all select 'reversals', count(*) from transfer_reversals where status in ('due', 'sending')
union all select 'webhooks', count(*) from webhook_events where applied_at is null
union all select 'lapsed holds', count(*) from holds
    where status = 'active' and expires_at <= %(now)s
"""


def look(connection: Transaction) -> Seen:
    """The state of everything there is."""
    return Seen(**{name: _by_key(connection, query) for name, query in STATES.items()})


def balances(connection: Transaction) -> Accounts:
    """The ledger's balances that are not zero, debits positive."""
    rows = connection.execute(BALANCES)
    return {(row["kind"], row["vendor_id"]): row["cents"] for row in rows}


def stock(connection: Transaction) -> dict[int, tuple[int, int, int]]:
    """Available, held and sold units by offer."""
    rows = connection.execute("select offer_id, available_units, held_units, sold_units from stock")
    return {
        row["offer_id"]: (row["available_units"], row["held_units"], row["sold_units"])
        for row in rows
    }


def _by_key(connection: Transaction, query: str) -> dict[int, Row]:
    return {row["key"]: row for row in connection.execute(query.encode())}
