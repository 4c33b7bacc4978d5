import psycopg
import pytest

from tests.transactional.market import TestMarket
from transactional.moves import MACHINES, VENDOR_ORDER_MOVES, may_move


def test_the_database_allows_the_same_moves(market: TestMarket) -> None:
    rows = market.rows("select machine, from_status, to_status from allowed_moves")
    assert {tuple(row.values()) for row in rows} == {
        (machine, *move) for machine, moves in MACHINES.items() for move in moves
    }


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
