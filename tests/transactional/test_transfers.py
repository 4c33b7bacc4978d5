from uuid import UUID

import pytest

from tests.transactional.market import TestMarket
from transactional import open_tasks
from transactional.database import Row, Transaction, statement
from transactional.gateway import Gateway, Payout, StripeUnavailableError
from transactional.settlement import transfers


class LosingAnswers(Gateway):
    """Stripe transfers the money, and the answer is lost on the way."""

    def pay_out(self, payout: Payout, key: UUID) -> str:
        super().pay_out(payout, key)
        raise StripeUnavailableError


def send(market: TestMarket, gateway: Gateway | None = None) -> int:
    return transfers.send(market.database, gateway or market.gateway, market.clock())


def claim(connection: Transaction, market: TestMarket) -> list[Row]:
    wanted = {"now": market.clock(), "limit": 9}
    due = connection.execute(statement("due_transfers"), wanted).fetchall()
    return transfers._claim(connection, due, market.clock())


def sent_at_stripe(market: TestMarket) -> int:
    """How many transfers Stripe made for this market."""
    keys = {str(row["idempotency_key"]) for row in market.rows("select * from transfers")}
    known = market.gateway._client.v1.transfers.list({"limit": 100})
    return sum(
        transfer.metadata.to_dict().get("transfer_key") in keys
        for transfer in known.auto_paging_iter()
    )


def test_each_vendor_of_a_paid_order_gets_its_net_once(market: TestMarket) -> None:
    market.delivered_order((market.offer(), 2), (market.offer(price_cents=500), 1))
    assert send(market) == 2
    assert send(market) == 0
    rows = market.rows(
        "select transfers.status, amount_cents = net_cents as is_net, stripe_transfer_id"
        " from transfers join vendor_orders using (vendor_order_id)"
    )
    assert all(row["status"] == "sent" and row["is_net"] for row in rows)
    assert sent_at_stripe(market) == 2
    balance = market.value(
        "select sum(amount_cents) from postings join accounts using (account_id)"
        " where kind = 'vendor_payable'"
    )
    assert balance == 0


def test_a_transfer_is_held_until_delivery_and_the_end_of_the_dispute_window(
    market: TestMarket,
) -> None:
    order_id = market.paid_order((market.offer(), 1))
    market.clock.advance(days=30)
    assert send(market) == 0
    assert market.value("select status from transfers") == "held"
    market.deliver(order_id)
    assert market.value("select status from transfers") == "due"
    market.clock.advance(days=6, hours=23)
    assert send(market) == 0
    market.clock.advance(hours=1)
    assert send(market) == 1
    assert market.value("select status from transfers") == "sent"


def test_an_imported_vendor_gets_its_account_with_its_first_transfer(market: TestMarket) -> None:
    market.delivered_order((market.offer(), 1))
    market.rows("update vendors set stripe_account_id = null returning vendor_id")
    send(market)
    assert market.value("select stripe_account_id from vendors") is not None
    assert market.value("select status from transfers") == "sent"


def test_a_lost_answer_is_found_again_at_stripe_and_nothing_is_paid_twice(
    market: TestMarket,
) -> None:
    market.delivered_order((market.offer(), 1))
    send(market, LosingAnswers(market.settings))
    assert market.value("select status from transfers") == "sending", "it may have gone"
    assert market.value("select last_error from transfers")
    assert send(market) == 0, "a postponed transfer waits for its time"
    market.clock.advance(minutes=1)
    assert send(market) == 1
    assert market.value("select status from transfers") == "sent"
    assert sent_at_stripe(market) == 1


def test_a_refused_transfer_is_asked_for_anew_since_stripe_repeats_its_refusal(
    market: TestMarket,
) -> None:
    market.delivered_order((market.offer(), 1))
    market.rows("update payments set stripe_charge_id = 'ch_unknown' returning payment_id")
    send(market)
    assert "ch_unknown" in market.value("select last_error from transfers")
    market.clock.advance(days=1)
    send(market)
    with market.database.transaction() as connection:
        (task,) = open_tasks.read(connection, market.clock())
    assert (task["kind"], "ch_unknown" in task["detail"]) == ("transfer_overdue", True)
    charge = market.gateway.ask(
        market.value("select stripe_payment_intent_id from payments")
    ).charge_id
    market.rows("update payments set stripe_charge_id = %s returning payment_id", charge)
    market.clock.advance(minutes=1)
    send(market)
    assert market.value("select status from transfers") == "sent"
    assert sent_at_stripe(market) == 1


def test_a_worker_that_slept_through_its_lease_writes_nothing(market: TestMarket) -> None:
    market.delivered_order((market.offer(), 1))
    with market.database.transaction() as connection:
        (slept,) = claim(connection, market)
    assert send(market) == 0, "it is leased"
    market.clock.advance(minutes=6)
    assert send(market) == 1
    with market.database.transaction() as connection:
        transfers._mark_sent(connection, slept, "tr_of_the_sleeper", market.clock())
    assert market.value("select stripe_transfer_id from transfers") != "tr_of_the_sleeper"
    assert market.value("select count(*) from journals where kind = 'transfer'") == 1


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 4), (3, 16), (40, 3_600)])
def test_pauses_between_tries_grow_and_are_bounded(
    market: TestMarket, attempts: int, seconds: int
) -> None:
    market.delivered_order((market.offer(), 1))
    with market.database.transaction() as connection:
        (claimed,) = claim(connection, market)
        claimed |= {"attempts": attempts}
        transfers._postpone(connection, claimed, StripeUnavailableError(), market.clock())
    wait = market.value("select lease_expires_at from transfers") - market.clock()
    assert wait.total_seconds() == seconds
