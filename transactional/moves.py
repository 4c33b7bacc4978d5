"""The state machines, as the tables of their allowed moves; table allowed_moves holds the same.

A cancelled order can still become paid: a capture that comes after the hold lapsed has taken the
shopper's money, so it ends in an order wherever the units are still there.
"""

ORDER_MOVES = frozenset(
    {
        ("pending_payment", "paid"),
        ("pending_payment", "cancelled"),
        ("cancelled", "paid"),
    }
)

VENDOR_ORDER_MOVES = frozenset(
    {
        ("pending_payment", "paid"),
        ("pending_payment", "cancelled"),
        ("cancelled", "paid"),
        ("paid", "shipped"),
        ("shipped", "delivered"),
    }
)


def may_move(moves: frozenset[tuple[str, str]], from_status: str, to_status: str) -> bool:
    return (from_status, to_status) in moves
