"""A bank asks for a payment back: frozen while it decides, let go or borne afterwards."""

from dataclasses import replace

import pytest

from tests.transactional.market import GOOD_CARD, TestMarket
from tests.transactional.money_back import (
    at_stripe,
    balance,
    decide,
    demand_sound,
    dispute,
    intent_of,
    learn,
    lines_of,
    refund,
    work,
)
from transactional.payment import charging, payments
from transactional.settlement import disputes, refunds, transfers
from transactional.settlement.refund_sharing import RefundedLine

FEE_CENTS = 1_500


def transfer_states(market: TestMarket) -> list[str]:
    rows = market.rows("select status from transfers order by transfer_id")
    return [row["status"] for row in rows]


def status(market: TestMarket) -> str:
    return str(market.value("select status from disputes"))


def test_while_a_bank_decides_nothing_is_sent_and_a_won_dispute_lets_go(
    market: TestMarket,
) -> None:
    order_id = market.paid_order((market.offer(), 1), (market.offer(), 1))
    key = dispute(market, order_id)
    assert transfer_states(market) == ["frozen", "frozen"]
    assert balance(market, "disputed_funds") == 4_978
    assert balance(market, "stripe_balance") == -FEE_CENTS
    demand_sound(market)
    market.deliver(order_id)
    market.clock.advance(days=30)
    assert transfers.send(market.database, market.gateway, market.clock()) == 0
    decide(market, key, "won")
    assert status(market) == "won"
    assert transfer_states(market) == ["due", "due"]
    assert balance(market, "disputed_funds") == balance(market, "dispute_fees") == 0
    work(market)
    assert transfer_states(market) == ["sent", "sent"]
    demand_sound(market)


def test_a_dispute_lost_before_the_transfers_leaves_nothing_to_send(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1), (market.offer(), 1))
    decide(market, dispute(market, order_id), "lost")
    assert transfer_states(market) == ["void", "void"]
    assert market.value("select refunded_cents from orders") == 4_978
    assert balance(market, "commission_revenue") == balance(market, "disputed_funds") == 0
    assert balance(market, "dispute_fees") == FEE_CENTS
    demand_sound(market)
    with pytest.raises(refunds.RefundEmptyError):
        refund(market, order_id)


def test_a_dispute_lost_after_the_transfer_is_demanded_back(market: TestMarket) -> None:
    order_id = market.delivered_order((market.offer(price_cents=10_000), 1))
    work(market)
    decide(market, dispute(market, order_id), "lost")
    work(market)
    assert transfer_states(market) == ["sent"]
    sent = market.value("select amount_cents from transfers")
    assert market.value("select reversed_cents from transfers") == sent
    # The fee for the payment was never sent, so only the next transfers can make up for it.
    fee = market.value("select processing_cents from vendor_orders")
    assert balance(market, "vendor_payable") == fee
    demand_sound(market)


def test_a_dispute_won_after_the_transfer_changes_nothing(market: TestMarket) -> None:
    order_id = market.delivered_order((market.offer(), 1))
    work(market)
    decide(market, dispute(market, order_id), "won")
    work(market)
    assert transfer_states(market) == ["sent"]
    assert market.value("select count(*) from refunds") == 0
    assert balance(market, "vendor_payable") == 0
    demand_sound(market)


def test_a_dispute_after_a_partial_refund_takes_only_what_is_left(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(price_cents=10_000), 2))
    (line,) = lines_of(market, order_id)
    refund(market, order_id, RefundedLine(line, 1))
    work(market)
    decide(market, dispute(market, order_id), "lost")
    amounts = market.rows("select origin, amount_cents from refunds order by refund_id")
    assert [tuple(row.values()) for row in amounts] == [("refund", 10_000), ("chargeback", 10_490)]
    assert balance(market, "dispute_fees") == FEE_CENTS
    demand_sound(market)


def test_part_of_a_payment_is_lost_by_all_vendors_in_proportion(market: TestMarket) -> None:
    order_id = market.paid_order(
        (market.offer(price_cents=3_000), 1), (market.offer(price_cents=1_000), 1)
    )
    decide(market, dispute(market, order_id, amount=1_001), "lost")
    parts = market.rows("select refunded_cents from vendor_orders order by vendor_order_id")
    assert [row["refunded_cents"] for row in parts] == [702, 299]
    assert transfer_states(market) == ["held", "held"]
    market.deliver(order_id)
    market.clock.advance(days=8)
    work(market)
    assert transfer_states(market) == ["sent", "sent"]
    assert balance(market, "vendor_payable") == 0
    demand_sound(market)


def test_a_dispute_of_what_was_refunded_whole_costs_the_vendor_nothing_more(
    market: TestMarket,
) -> None:
    order_id = market.paid_order((market.offer(), 1))
    key = dispute(market, order_id)
    decide_as_if_late(market, order_id, key)
    assert balance(market, "dispute_fees") == FEE_CENTS + 2_489
    owed = market.value("select sum(amount_cents) from transfer_reversals")
    assert owed == market.value("select processing_cents from vendor_orders")
    demand_sound(market)


def decide_as_if_late(market: TestMarket, order_id: int, stripe_dispute_id: str) -> None:
    """The bank wins a dispute of money that it does not know has gone back already.

    The stand-in, like Stripe, lets no refund and dispute of one cent meet, but banks do.
    """
    at_stripe(market, "POST", f"disputes/{stripe_dispute_id}/verdict", {"outcome": "won"})
    learn(market, stripe_dispute_id)
    refund(market, order_id)
    work(market)
    won = market.gateway.ask_dispute(stripe_dispute_id)
    lost = replace(
        won, stripe_dispute_id="du_late", state="lost", taken_cents=2_489, fee_cents=FEE_CENTS
    )
    with market.database.transaction() as connection:
        payment_id = market.value("select payment_id from payments")
        disputes.settle(connection, payment_id, lost, market.clock())


def test_refunds_wait_while_a_bank_decides(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1))
    refund(market, order_id)
    key = dispute(market, order_id)
    work(market)
    assert market.value("select status from refunds") == "due"
    with (
        market.database.transaction() as connection,
        pytest.raises(refunds.OrderDisputedError),
    ):
        refunds.refuse_disputed(connection, order_id)
    decide(market, key, "won")
    work(market)
    assert market.value("select status from refunds") == "succeeded"
    demand_sound(market)


def test_a_lost_dispute_overtakes_the_refund_that_waits_for_it(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1))
    refund(market, order_id)
    decide(market, dispute(market, order_id), "lost")
    work(market)
    rows = market.rows("select origin, status, failure_code from refunds order by refund_id")
    assert [tuple(row.values()) for row in rows] == [
        ("refund", "failed", "charged_back"),
        ("chargeback", "succeeded", None),
    ]
    assert balance(market, "dispute_fees") == FEE_CENTS
    demand_sound(market)


def test_a_refund_that_stripe_refuses_for_a_dispute_unknown_here_waits_too(
    market: TestMarket,
) -> None:
    order_id = market.paid_order((market.offer(), 1))
    charge = market.gateway.ask(intent_of(market, order_id)).charge_id
    made = at_stripe(market, "POST", "disputes", {"charge": charge})
    refund(market, order_id)
    work(market)
    assert market.value("select status from refunds") == "due"
    learn(market, made["id"])
    decide(market, made["id"], "won")
    market.clock.advance(minutes=1)
    work(market)
    assert market.value("select status from refunds") == "succeeded"
    demand_sound(market)


def test_an_inquiry_freezes_and_takes_no_money(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1))
    key = dispute(market, order_id, is_inquiry=True)
    assert (status(market), transfer_states(market)) == ("open", ["frozen"])
    assert balance(market, "disputed_funds") == 0
    decide(market, key, "lost")
    assert (status(market), transfer_states(market)) == ("won", ["held"])
    demand_sound(market)


def test_answers_in_any_order_and_number_book_a_dispute_once(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1))
    key = dispute(market, order_id)
    stale = market.gateway.ask_dispute(key)
    decide(market, key, "lost")
    journals = market.value("select count(*) from journals")
    learn(market, key)
    payment_id = market.value("select payment_id from payments")
    with (
        market.database.transaction() as connection,
        pytest.raises(disputes.DisputeMovedError),
    ):
        disputes.settle(connection, payment_id, stale, market.clock())
    assert market.value("select count(*) from journals") == journals
    demand_sound(market)


def test_a_dispute_may_be_told_of_before_its_payment(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    with market.database.transaction() as connection:
        begun = payments.begin(connection, order_id, GOOD_CARD, market.clock())
    assert begun is not None
    intent = charging.ask_for_money(market.gateway, begun, market.clock())
    learn(market, at_stripe(market, "POST", "disputes", {"charge": intent.charge_id})["id"])
    assert (market.status(order_id), transfer_states(market)) == ("paid", ["frozen"])
    demand_sound(market)


def test_the_bank_is_answered_once_and_the_evidence_decides(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1))
    key = dispute(market, order_id)
    dispute_id = market.value("select dispute_id from disputes")
    with market.database.transaction() as connection:
        disputes.answer_bank(connection, dispute_id, "winning_evidence")
    work(market)
    assert status(market) == "under_review"
    assert market.value("select evidence_sent_at from disputes") == market.clock()
    at_stripe(market, "POST", "clock", {"advance_seconds": 61})
    learn(market, key)
    assert (status(market), transfer_states(market)) == ("won", ["held"])
    with (
        market.database.transaction() as connection,
        pytest.raises(disputes.EvidenceGivenError),
    ):
        disputes.answer_bank(connection, dispute_id, "more")
    demand_sound(market)
