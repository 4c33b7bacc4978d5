"""What a vendor owes: after its transfer has gone, or for a sale that cost more than it brought."""

from typing import Any

import pytest

from tests.transactional.market import TestMarket
from tests.transactional.money_back import (
    READY_CARD,
    at_stripe,
    balance,
    demand_sound,
    lines_of,
    refund,
    refunded_at_stripe,
    the,
    work,
)
from transactional import open_tasks
from transactional.checkout import rule_book
from transactional.settlement import vendor_balances
from transactional.settlement.refund_sharing import RefundedLine


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
