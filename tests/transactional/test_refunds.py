"""Money back: what was asked for, what went back, who bore it, and that all sums still agree."""

from threading import Barrier, Thread

import pytest

from tests.transactional.market import TestMarket
from tests.transactional.money_back import (
    balance,
    demand_sound,
    lines_of,
    refund,
    refunded_at_stripe,
    the,
    work,
)
from transactional.errors import MarketError
from transactional.settlement import refund_sending, refunds, transfers
from transactional.settlement.refund_sharing import RefundedLine, RefundTooLargeError


def test_a_whole_refund_before_the_transfer_leaves_nothing_to_send(market: TestMarket) -> None:
    tea = market.offer(price_cents=10_000, units=5)
    order_id = market.paid_order((tea, 2))
    refund(market, order_id)
    work(market)
    assert refunded_at_stripe(market, order_id) == [20_490]
    assert the(market, "refunds")["status"] == "succeeded"
    assert the(market, "transfers")["status"] == "void"
    assert balance(market, "commission_revenue") == 0
    assert balance(market, "stripe_balance") == 0
    # Stripe kept its fee for the payment, so the vendor, who was paid nothing yet, owes it.
    fee = the(market, "vendor_orders")["processing_cents"]
    assert balance(market, "vendor_payable") == fee
    debt = the(market, "transfer_reversals")
    assert (debt["status"], debt["amount_cents"]) == ("owed", fee)
    demand_sound(market)


def test_a_partial_refund_before_the_transfer_makes_it_smaller(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(price_cents=10_000), 3))
    (line,) = lines_of(market, order_id)
    refund(market, order_id, RefundedLine(line, 1))
    work(market)
    market.deliver(order_id)
    market.clock.advance(days=8)
    work(market)
    part, transfer = the(market, "vendor_orders"), the(market, "transfers")
    assert part["refunded_cents"] == 10_000
    assert part["vendor_refunded_cents"] == 9_705
    assert transfer["status"] == "sent"
    assert transfer["amount_cents"] == part["net_cents"] - 9_705
    assert balance(market, "vendor_payable") == 0
    demand_sound(market)


def test_a_refund_after_the_transfer_is_reversed_at_stripe(market: TestMarket) -> None:
    order_id = market.delivered_order((market.offer(price_cents=10_000), 3))
    work(market)
    (line,) = lines_of(market, order_id)
    for _ in range(2):
        refund(market, order_id, RefundedLine(line, 1))
        work(market)
    transfer = the(market, "transfers")
    assert transfer["reversed_cents"] == 2 * 9_705
    at = market.gateway._client.v1.transfers.retrieve(transfer["stripe_transfer_id"])
    assert at.amount_reversed == 2 * 9_705
    assert balance(market, "vendor_payable") == 0
    assert refunded_at_stripe(market, order_id) == [10_000, 10_000]
    demand_sound(market)


def test_a_transfer_waits_while_a_refund_of_its_order_is_under_way(market: TestMarket) -> None:
    order_id = market.delivered_order((market.offer(), 1))
    refund(market, order_id)
    assert transfers.send(market.database, market.gateway, market.clock()) == 0
    work(market)
    assert the(market, "transfers")["status"] == "void"
    demand_sound(market)


def test_late_money_goes_back_whole_and_is_booked(market: TestMarket) -> None:
    order_id = market.order((market.offer(units=1), 1))
    with market.database.transaction() as connection:
        refunds.orders.cancel(connection, order_id, market.clock())
    market.rows("update orders set status = 'pending_payment' returning 1")
    market.rows("update holds set status = 'active', expires_at = now() + '1 h' returning 1")
    market.rows("update stock set available_units = 0, held_units = 1 returning 1")
    with market.database.transaction() as connection:
        begun = refund_sending.payments.begin(connection, order_id, "pm_card_visa", market.clock())
    assert begun is not None
    market.rows("update orders set status = 'cancelled' returning 1")
    market.rows("update holds set status = 'released' returning 1")
    market.rows("update stock set available_units = 1, held_units = 0 returning 1")
    refund_sending.payments.finish(market.database, market.gateway, begun, market.clock())
    assert balance(market, "unmatched_payments") == -2_489
    demand_sound(market)
    work(market)
    assert refunded_at_stripe(market, order_id) == [2_489]
    assert balance(market, "unmatched_payments") == balance(market, "stripe_balance") == 0
    demand_sound(market)


def test_restocked_units_are_for_sale_again_and_counted_once(market: TestMarket) -> None:
    tea = market.offer(units=5)
    order_id = market.paid_order((tea, 3))
    (line,) = lines_of(market, order_id)
    refund(market, order_id, RefundedLine(line, 2, is_restocked=True))
    assert market.units(tea) == (4, 0, 1)
    refund(market, order_id, RefundedLine(line, is_restocked=True))
    assert market.units(tea) == (5, 0, 0)
    work(market)
    demand_sound(market)


def test_concurrent_requests_never_give_back_more_than_is_left(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(price_cents=1_000), 1))
    (line,) = lines_of(market, order_id)
    together, refusals = Barrier(4), []

    def ask() -> None:
        together.wait()
        try:
            refund(market, order_id, RefundedLine(line, 0, 400))
        except RefundTooLargeError as refusal:
            refusals.append(refusal.code)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refusals == ["refund_too_large"] * 2
    assert the(market, "orders")["refunded_cents"] == 800
    work(market)
    demand_sound(market)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([RefundedLine(999_999)], "refund_line_unknown"),
        ([RefundedLine(1), RefundedLine(1)], "refund_line_unknown"),
        ([RefundedLine(1, 0, 0)], "refund_empty"),
        ([RefundedLine(1, 2)], "refund_too_large"),
    ],
)
def test_what_cannot_be_given_back_is_refused_with_a_code(
    market: TestMarket, lines: list[RefundedLine], code: str
) -> None:
    order_id = market.paid_order((market.offer(), 1))
    with pytest.raises(MarketError) as refusal:
        refund(market, order_id, *lines)
    assert refusal.value.code == code
    assert the(market, "orders")["refunded_cents"] == 0


def test_an_unpaid_order_has_nothing_to_give_back(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    with pytest.raises(refunds.OrderNotRefundableError):
        refund(market, order_id)
