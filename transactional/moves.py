"""The state machines, as the tables of their allowed moves; table allowed_moves holds the same.

A cancelled order can still become paid: a capture that comes after the hold lapsed has taken the
shopper's money, so it ends in an order wherever the units are still there. It can also be opened
again: its units are kept anew, under the next generation of its hold. A paid order stays paid:
its vendor orders may be cancelled and its money given back, which refunds tell.
"""

Moves = frozenset[tuple[str, str]]

ORDER_MOVES: Moves = frozenset(
    {
        ("pending_payment", "paid"),
        ("pending_payment", "cancelled"),
        ("cancelled", "paid"),
        ("cancelled", "pending_payment"),
    }
)

VENDOR_ORDER_MOVES: Moves = frozenset(
    {
        ("pending_payment", "paid"),
        ("pending_payment", "cancelled"),
        ("cancelled", "paid"),
        ("cancelled", "pending_payment"),
        ("paid", "cancelled"),
        ("paid", "shipped"),
        ("shipped", "delivered"),
    }
)

# Held until delivery, due after the dispute window, frozen while a dispute is open.
TRANSFER_MOVES: Moves = frozenset(
    {
        ("held", "due"),
        ("held", "frozen"),
        ("held", "void"),
        ("due", "sending"),
        ("due", "frozen"),
        ("due", "void"),
        ("sending", "sent"),
        ("sending", "due"),
        ("frozen", "held"),
        ("frozen", "due"),
        ("frozen", "void"),
    }
)

# A refund that Stripe took as succeeded can still fail, days later, at the shopper's bank. The
# money is the shopper's all the same, so it can be sent again; one that a lost dispute overtakes
# is not.
REFUND_MOVES: Moves = frozenset(
    {
        ("failed", "due"),
        ("due", "failed"),
        ("due", "sending"),
        ("sending", "due"),
        ("sending", "pending"),
        ("sending", "succeeded"),
        ("sending", "failed"),
        ("pending", "succeeded"),
        ("pending", "failed"),
        ("succeeded", "failed"),
    }
)

TRANSFER_REVERSAL_MOVES: Moves = frozenset(
    {
        ("due", "sending"),
        ("due", "settled"),
        ("sending", "due"),
        ("sending", "owed"),
        ("sending", "settled"),
        ("owed", "settled"),
    }
)

DISPUTE_MOVES: Moves = frozenset(
    {
        ("open", "under_review"),
        ("open", "won"),
        ("open", "lost"),
        ("under_review", "open"),
        ("under_review", "won"),
        ("under_review", "lost"),
    }
)

VENDOR_MOVES: Moves = frozenset(
    {
        ("applied", "verifying"),
        ("applied", "rejected"),
        ("verifying", "active"),
        ("verifying", "rejected"),
        ("active", "suspended"),
        ("suspended", "active"),
        ("suspended", "rejected"),
    }
)

# By the table whose column `status` they move.
MACHINES: dict[str, Moves] = {
    "orders": ORDER_MOVES,
    "vendor_orders": VENDOR_ORDER_MOVES,
    "transfers": TRANSFER_MOVES,
    "refunds": REFUND_MOVES,
    "transfer_reversals": TRANSFER_REVERSAL_MOVES,
    "disputes": DISPUTE_MOVES,
    "vendors": VENDOR_MOVES,
}


def may_move(moves: Moves, from_status: str, to_status: str) -> bool:
    return (from_status, to_status) in moves
