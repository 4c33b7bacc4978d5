"""Each invariant has a negative control: a wound that only it, or it among others, must find."""

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.transactional.market import TestMarket
from transactional import expiry, invariants, relay, transfers
from transactional.invariants import Breach

WOUNDS = {
    "journals_balance": "update postings set amount_cents = amount_cents + 1 where posting_id = 1",
    "stock_adds_up": "update stock set received_units = received_units + 1",
    "held_units_have_holds": "update stock set held_units = held_units + 1,"
    " received_units = received_units + 1",
    "sold_units_have_lines": "update stock set sold_units = sold_units - 1,"
    " received_units = received_units - 1 where sold_units > 0",
    "vendor_orders_are_their_lines": "update order_lines set line_cents = line_cents + 1",
    "orders_are_their_vendor_orders": "update orders set items_cents = items_cents + 1,"
    " total_cents = total_cents + 1",
    "order_and_parts_agree": "update vendor_orders set status = 'cancelled' where status = 'paid'",
    "paid_orders_have_payments": "update payments set status = 'failed'",
    "paid_orders_have_sales": "delete from postings where journal_id in"
    " (select journal_id from journals where kind = 'sale')",
    "paid_vendor_orders_have_transfers": "delete from transfers",
    "transfers_are_of_paid_vendor_orders": "update vendor_orders set status = 'cancelled'"
    " where status = 'paid'",
    "sales_are_of_paid_orders": "update orders set status = 'cancelled' where status = 'paid'",
    "lines_are_of_their_vendor_orders": "update order_lines set vendor_id = vendor_id + 1000",
    "vendors_are_owed_what_the_ledger_says": "update transfers set status = 'due'",
    "facts_tell_the_present": "update vendor_orders set version = version + 1",
    "live_orders_have_facts": "delete from outbox where type = 'vendor_order.changed'",
    "facts_are_numbered_without_gaps": "update outbox set position = 900 where position = 1",
}


@pytest.fixture
def busy(market: TestMarket) -> TestMarket:
    """A market with a paid and sent, a pending, and an expired order, all facts numbered."""
    tea, cup = market.offer(units=10), market.offer(units=10)
    market.order((tea, 1))
    market.clock.advance(minutes=16)
    expiry.sweep(market.database, market.clock())
    market.paid_order((tea, 2), (cup, 1))
    transfers.send(market.database, market.gateway, market.clock())
    market.order((cup, 1))
    with relay.Relay(market.settings.database_url, Nowhere()) as one:
        one.run_once(market.clock)
    return market


class Nowhere:
    """A sink for tests that only number facts."""

    def publish(self, *_: object) -> None:
        pass

    def heartbeat(self, *_: object) -> None:
        pass


def check(market: TestMarket) -> list[Breach]:
    with market.database.transaction() as connection:
        return invariants.check(connection)


def test_a_busy_market_is_sound(busy: TestMarket) -> None:
    assert check(busy) == []


def test_every_invariant_has_a_wound() -> None:
    assert WOUNDS.keys() == set(invariants.names())


# Wounds that a narrower query of the same invariant would miss.
DEEPER_WOUNDS = {
    "held_units_have_holds": "delete from stock where held_units > 0",
    "sold_units_have_lines": "delete from stock where sold_units > 0",
    "facts_are_numbered_without_gaps": "update relay set last_position = last_position + 1",
}


@pytest.mark.parametrize(
    "wounds", [WOUNDS, DEEPER_WOUNDS], ids=["each invariant's own", "what is missing altogether"]
)
def test_every_wound_is_found(busy: TestMarket, wounds: dict[str, str]) -> None:
    with psycopg.connect(busy.settings.database_url, row_factory=dict_row) as connection:
        for name, wound in wounds.items():
            # As an operator's wrong hand could: past triggers and checks.
            connection.execute("set local session_replication_role = replica")
            connection.execute("alter table stock drop constraint stock_check")
            assert connection.execute(wound).rowcount > 0
            found = invariants.check(connection)
            assert name in {breach.invariant for breach in found}, found
            assert all(breach.key and breach.detail for breach in found)
            connection.rollback()
