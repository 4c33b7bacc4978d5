import psycopg
import pytest

from tests.transactional.market import TestMarket
from transactional.moves import ORDER_MOVES, VENDOR_ORDER_MOVES, may_move


@pytest.mark.parametrize(
    ("machine", "moves"), [("orders", ORDER_MOVES), ("vendor_orders", VENDOR_ORDER_MOVES)]
)
def test_the_database_allows_the_same_moves(
    market: TestMarket, machine: str, moves: frozenset[tuple[str, str]]
) -> None:
    rows = market.rows("select * from allowed_moves where machine = %s", machine)
    assert {(row["from_status"], row["to_status"]) for row in rows} == moves


def test_the_database_refuses_a_move_that_is_not_listed(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    with pytest.raises(psycopg.errors.CheckViolation, match="may not move from pending_payment"):
        market.rows(
            "update vendor_orders set status = 'delivered', paid_at = now() where order_id = %s"
            " returning order_id",
            order_id,
        )


def test_a_delivered_vendor_order_moves_no_further() -> None:
    assert not any(from_status == "delivered" for from_status, _ in VENDOR_ORDER_MOVES)
    assert not may_move(VENDOR_ORDER_MOVES, "delivered", "cancelled")
