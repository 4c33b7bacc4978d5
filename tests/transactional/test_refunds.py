"""Money back: what was asked for, what went back, who bore it, and that all sums still agree."""

from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest

from tests.transactional.market import TestMarket
from tests.transactional.money_back import (
    READY_CARD,
    at_stripe,
    balance,
    demand_sound,
    intent_of,
    lines_of,
    refund,
    work,
)
from transactional import open_tasks
from transactional.checkout import rule_book
from transactional.database import Row
from transactional.errors import MarketError
from transactional.gateway import Gateway, RefundAnswer, StripeUnavailableError
from transactional.settlement import (
    refund_outcomes,
    refund_sending,
    refunds,
    reversals,
    transfers,
    vendor_balances,
)
from transactional.settlement.refund_sharing import RefundedLine, RefundTooLargeError


def refunded_at_stripe(market: TestMarket, order_id: int) -> list[int]:
    """Cents of each refund that Stripe made of this order's payment, failed ones left out."""
    made = market.gateway._client.v1.refunds.list({"payment_intent": intent_of(market, order_id)})
    return sorted(one.amount for one in made.data if one.status != "failed")


def the(market: TestMarket, table: str) -> Row:
    (row,) = market.rows(f"select * from {table}")
    return row


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


def test_what_the_vendors_balance_does_not_cover_is_owed_and_netted_from_its_next_transfers(
    market: TestMarket,
) -> None:
    offer = market.offer(price_cents=10_000)
    first = market.order((offer, 1))
    market.pay(first, READY_CARD)
    market.deliver(first)
    market.clock.advance(days=8)
    work(market)
    sent = the(market, "transfers")["amount_cents"]
    empty_account(market, sent)
    refund(market, first)
    work(market)
    debt = the(market, "transfer_reversals")
    assert debt["status"] == "owed"
    assert debt["owed_at"] == market.clock()
    small = market.delivered_order((market.offer(vendor=debt["vendor_id"], price_cents=1_000), 1))
    work(market)
    (netted,) = market.rows("select * from transfers where order_id = %s", small)
    assert (netted["status"], netted["amount_cents"]) == ("void", 0)
    assert the(market, "transfer_reversals")["netted_cents"] == netted["netted_cents"] > 0
    large = market.delivered_order((offer, 1))
    work(market)
    (shortened,) = market.rows("select * from transfers where order_id = %s", large)
    assert shortened["status"] == "sent"
    assert the(market, "transfer_reversals")["status"] == "settled"
    assert shortened["netted_cents"] + netted["netted_cents"] == debt["amount_cents"]
    assert balance(market, "vendor_payable") == 0
    demand_sound(market)


def empty_account(market: TestMarket, cents: int) -> None:
    """The vendor pays all it has out to its bank."""
    account = market.value("select stripe_account_id from vendors limit 1")
    at_stripe(market, "POST", f"accounts/{account}/complete", {})
    market.gateway._client.v1.payouts.create(
        {"amount": cents, "currency": "usd"}, {"stripe_account": account}
    )


def test_one_debt_is_netted_from_several_transfers_at_once_and_never_twice(
    market: TestMarket,
) -> None:
    vendor = market.vendor()
    offer = market.offer(vendor=vendor, price_cents=1_000)
    owing = market.paid_order((market.offer(vendor=vendor, price_cents=100_000), 1))
    refund(market, owing)
    work(market)
    debt = the(market, "transfer_reversals")["amount_cents"]
    for _ in range(3):
        market.deliver(market.paid_order((offer, 1)))
    market.clock.advance(days=8)
    work(market)
    sums = market.rows(
        "select status, amount_cents, netted_cents from transfers where netted_cents > 0"
        " order by transfer_id"
    )
    assert sum(row["netted_cents"] for row in sums) == debt
    assert [row["status"] for row in sums] == ["void", "void", "sent"]
    assert balance(market, "vendor_payable") == 0
    demand_sound(market)


def charge_the_most(market: TestMarket, vendor: int) -> None:
    """All that the rules allow: what is dear then costs its vendor more than it brings."""
    whole = {"country": "US", "rate": 10_000}
    with market.database.transaction() as connection:
        for kind, values in (
            (rule_book.COMMISSION_RULES, {"vendor_id": vendor, "rate": 5_000}),
            (rule_book.TAX_RATES, whole | {"is_marketplace_tax": True}),
            (rule_book.COMMISSION_TAX_RATES, whole),
        ):
            unsaid: dict[str, Any] = dict.fromkeys(kind.all_columns)
            unsaid.pop(kind.key)
            rule_book.begin(connection, kind, unsaid | values, market.clock())


def test_what_a_sale_costs_its_vendor_is_owed_at_once_and_netted_from_its_next_transfers(
    market: TestMarket,
) -> None:
    vendor = market.vendor()
    charge_the_most(market, vendor)
    market.delivered_order((market.offer(vendor=vendor, price_cents=1_009), 1))
    work(market)
    owed = -the(market, "vendor_orders")["net_cents"]
    debt = the(market, "transfer_reversals")
    assert (debt["status"], debt["amount_cents"], debt["refund_id"]) == ("owed", owed, None)
    assert the(market, "transfers")["status"] == "void"
    with market.database.transaction() as connection:
        told = vendor_balances.read(connection, vendor, market.clock())
        (task,) = open_tasks.read(connection, market.clock())
    assert (told["payable_cents"], told["owed_cents"]) == (-owed, owed)
    assert [one["age_days"] for one in told["debts"]] == [8]
    assert (task["kind"], task["key"]) == ("vendor_debt", f"ven_{vendor}")
    cheap = market.offer(vendor=vendor, price_cents=99)
    for _ in range(3):
        market.delivered_order((cheap, 1))
    work(market)
    assert the(market, "transfer_reversals")["status"] == "settled"
    assert market.value("select sum(netted_cents) from transfers") == owed
    assert balance(market, "vendor_payable") == 0
    demand_sound(market)


@pytest.mark.parametrize("is_delivered", [False, True])
def test_a_refund_of_such_a_sale_returns_the_tax_and_pays_its_vendor_nothing(
    market: TestMarket, is_delivered: bool
) -> None:
    vendor = market.vendor()
    charge_the_most(market, vendor)
    wanted = (market.offer(vendor=vendor, price_cents=1_009), 2)
    order_id = market.delivered_order(wanted) if is_delivered else market.paid_order(wanted)
    work(market)
    owed = -the(market, "vendor_orders")["net_cents"]
    (line,) = lines_of(market, order_id)
    refund(market, order_id, RefundedLine(line, 1))
    refund(market, order_id)
    work(market)
    assert refunded_at_stripe(market, order_id) == [1_009, 1_499]
    assert balance(market, "tax_payable") == 0
    assert balance(market, "vendor_payable") == owed
    assert the(market, "transfer_reversals")["amount_cents"] == owed
    assert the(market, "transfers")["status"] == "void"
    demand_sound(market)


def test_a_lost_answer_is_found_again_and_nothing_goes_back_twice(market: TestMarket) -> None:
    class LosingAnswers(Gateway):
        def refund(self, payment_intent_id: str, amount_cents: int, key: UUID) -> RefundAnswer:
            super().refund(payment_intent_id, amount_cents, key)
            raise StripeUnavailableError

        def reverse(self, stripe_transfer_id: str, amount_cents: int, key: UUID) -> str:
            super().reverse(stripe_transfer_id, amount_cents, key)
            raise StripeUnavailableError

    losing = LosingAnswers(market.settings)
    order_id = market.delivered_order((market.offer(), 1))
    work(market)
    refund(market, order_id)
    refund_sending.send(market.database, losing, market.clock())
    assert the(market, "refunds")["status"] == "sending"
    market.clock.advance(minutes=1)
    refund_sending.send(market.database, market.gateway, market.clock())
    reversals.send(market.database, losing, market.clock())
    market.clock.advance(minutes=1)
    work(market)
    assert len(refunded_at_stripe(market, order_id)) == 1
    assert the(market, "transfer_reversals")["reversed_cents"] > 0
    demand_sound(market)


@pytest.mark.parametrize("fault", ["error_500_saved", "error_500_after_commit"])
def test_a_failure_that_stripe_keeps_under_the_key_is_not_repeated_for_ever(
    market: TestMarket, fault: str
) -> None:
    order_id = market.paid_order((market.offer(), 1))
    refund(market, order_id)
    at_stripe(
        market,
        "POST",
        "faults",
        [{"fault": fault, "match": {"method": "POST", "path": "/v1/refunds"}}],
    )
    refund_sending.send(market.database, market.gateway, market.clock())
    market.clock.advance(minutes=1)
    work(market)
    assert the(market, "refunds")["status"] == "succeeded"
    assert len(refunded_at_stripe(market, order_id)) == 1
    demand_sound(market)


def test_what_stripe_refuses_was_never_given_back(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(price_cents=1_000), 1))
    market.gateway._client.v1.refunds.create(
        {"payment_intent": intent_of(market, order_id), "amount": 1_400}
    )
    refund(market, order_id)
    work(market)
    row = the(market, "refunds")
    assert (row["status"], row["booked_at"]) == ("failed", None)
    assert the(market, "orders")["refunded_cents"] == 0
    assert the(market, "vendor_orders")["vendor_refunded_cents"] == 0
    demand_sound(market)
    with pytest.raises(refund_outcomes.RefundNotRepeatableError):
        repeat(market, row["refund_id"])


def repeat(market: TestMarket, refund_id: int) -> None:
    with market.database.transaction() as connection:
        refund_outcomes.repeat(connection, refund_id, market.clock())


def test_a_refund_that_nobody_here_asked_for_is_set_before_an_operator(
    market: TestMarket,
) -> None:
    order_id = market.paid_order((market.offer(), 1))
    made = market.gateway._client.v1.refunds.create({"payment_intent": intent_of(market, order_id)})
    with pytest.raises(refund_sending.RefundForeignError):
        refund_sending.learn(market.database, market.gateway, made.id, market.clock())


def answered(market: TestMarket, state: Any) -> RefundAnswer:
    """What Stripe could say of the market's only refund."""
    row = the(market, "refunds")
    return RefundAnswer(row["stripe_refund_id"] or "re_1", state, row["amount_cents"], None, None)


def settle(market: TestMarket, state: str) -> None:
    with market.database.transaction() as connection:
        refund_id = the(market, "refunds")["refund_id"]
        refund_outcomes.settle(connection, refund_id, answered(market, state), market.clock())


def test_a_refund_that_the_bank_returns_is_kept_for_the_shopper_and_sent_again(
    market: TestMarket,
) -> None:
    order_id = market.order((market.offer(), 1))
    market.pay(order_id, "pm_card_refundFail")
    refund_id = refund(market, order_id)
    work(market)
    assert the(market, "refunds")["status"] == "succeeded", "so it seems at first"
    at_stripe(market, "POST", "clock", {"advance_seconds": 601})
    first = the(market, "refunds")["stripe_refund_id"]
    refund_sending.learn(market.database, market.gateway, first, market.clock())
    assert balance(market, "unmatched_payments") == -2_489
    demand_sound(market)
    repeat(market, refund_id)
    work(market)
    assert the(market, "refunds")["status"] == "succeeded"
    assert balance(market, "unmatched_payments") == 0
    assert balance(market, "stripe_balance") == 0
    refund_sending.learn(market.database, market.gateway, first, market.clock())
    assert the(market, "refunds")["status"] == "succeeded", "what became of the first is old news"
    demand_sound(market)


def test_answers_in_any_order_and_number_book_a_refund_once(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    market.pay(order_id, "pm_card_pendingRefund")
    refund(market, order_id)
    work(market)
    assert the(market, "refunds")["status"] == "pending"
    for state in ("succeeded", "pending", "succeeded"):
        settle(market, state)
    assert the(market, "refunds")["status"] == "succeeded"
    assert market.value("select count(*) from journals where kind = 'refund'") == 1
    demand_sound(market)


def test_a_worker_that_slept_through_its_lease_refuses_nothing(market: TestMarket) -> None:
    refund(market, market.paid_order((market.offer(), 1)))
    with market.database.transaction() as connection:
        (slept,) = connection.execute(
            refund_sending.statement("claim_refunds"),
            {"now": market.clock(), "limit": 9, "lease_expires_at": market.clock()},
        ).fetchall()
    work(market)
    refusal = refund_sending.StripeRefusedError("no")
    refund_sending._refuse(market.database, slept, refusal, market.clock())
    assert the(market, "refunds")["status"] == "succeeded"


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
