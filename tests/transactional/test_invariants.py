"""Each invariant has a negative control: a wound that only it, or it among others, must find."""

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.transactional import money_back
from tests.transactional.market import TestMarket
from transactional import invariants
from transactional.facts import relay
from transactional.invariants import Breach
from transactional.ordering import expiry

WOUNDS = {
    "journals_balance": "update postings set amount_cents = amount_cents + 1 where posting_id = 1",
    "stock_adds_up": "update stock set received_units = received_units + 1",
    "stock_is_its_moves": "delete from stock_moves where kind = 'held'",
    "held_units_have_holds": "update stock set held_units = held_units + 1,"
    " received_units = received_units + 1",
    "sold_units_have_lines": "update stock set sold_units = sold_units - 1,"
    " received_units = received_units - 1 where sold_units > 0",
    "vendor_orders_are_their_lines": "update order_lines set line_cents = line_cents + 1",
    "orders_are_their_vendor_orders": "update orders set items_cents = items_cents + 1,"
    " total_cents = total_cents + 1",
    "order_and_parts_agree": "update vendor_orders set status = 'cancelled' where status = 'paid'",
    "paid_orders_have_payments": "update payments set ended_in = null",
    "paid_orders_have_sales": "delete from postings where journal_id in"
    " (select journal_id from journals where kind = 'sale')",
    "paid_vendor_orders_have_transfers": "delete from transfers where status = 'held'",
    "transfers_are_of_paid_vendor_orders": "update vendor_orders set status = 'cancelled'"
    " where status = 'paid'",
    "sales_are_of_paid_orders": "update orders set status = 'cancelled' where status = 'paid'",
    "lines_are_of_their_vendor_orders": "update order_lines set vendor_id = vendor_id + 1000",
    "references_exist": "update holds set order_id = order_id + 1000",
    "vendors_are_owed_what_the_ledger_says": "update transfers set status = 'frozen'"
    " where status = 'sent'",
    "nothing_is_paid_twice": "update transfers set amount_cents = amount_cents + 1"
    " where status = 'sent'",
    "payments_end_in_an_order_or_a_refund": "update payments set ended_in = 'refund'",
    "refunds_are_within_payments": "update payments set amount_cents = 1",
    "refunds_are_their_lines": "update refunds set amount_cents = amount_cents - 1",
    "lines_are_refunded_once": "update refund_lines set quantity = 1000000",
    "refunded_sums_are_their_refunds": "update vendor_orders set vendor_refunded_cents = 0",
    "reversals_are_within_transfers": "update transfers set reversed_cents = 0",
    "nettings_agree": "delete from transfer_nettings",
    "stripe_balance_is_what_moved": "update refunds set status = 'failed' where origin = 'refund'",
    "fees_and_taxes_are_booked": "update vendor_orders set commission_cents = 0,"
    " net_cents = net_cents + commission_cents",
    "money_kept_for_shoppers_is_booked": "update refunds set status = 'due'"
    " where origin = 'refund'",
    "disputed_funds_are_booked": "update disputes set taken_cents = taken_cents + 1",
    "disputes_freeze_transfers": "update transfers set status = 'held' where status = 'frozen'",
    "facts_tell_the_present": "update vendor_orders set version = version + 1",
    "live_orders_have_facts": "delete from outbox where type = 'vendor_order.changed'",
    "facts_are_numbered_without_gaps": "update outbox set position = 900 where position = 1",
    "reviews_are_of_delivered_lines": "insert into reviews (line_id, product_id, vendor_id,"
    " shopper_pseudonym, stars, created_at, row_version) select line_id, product_id, vendor_id,"
    " shopper_pseudonym, 5, now(), '1' from order_lines join vendor_orders"
    " using (vendor_order_id, vendor_id) where status = 'paid'",
    "categories_are_a_tree": "insert into categories (category_id, parent_id, name, row_version)"
    " values (901, 902, 'Hen', '1'), (902, 901, 'Egg', '1')",
    "live_vendors_can_be_paid": "update vendors set stripe_account_id = null",
}


@pytest.fixture
def busy(market: TestMarket) -> TestMarket:
    """A market with orders in all states of their money, all facts numbered.

    Expired; paid; sent, refunded, reversed and netted; disputed; pending.
    """
    tea, cup = market.offer(units=10), market.offer(units=10)
    market.order((tea, 1))
    market.clock.advance(minutes=16)
    expiry.sweep(market.database, market.clock())
    market.paid_order((tea, 2), (cup, 1))
    sent = market.delivered_order((tea, 1))
    money_back.work(market)
    money_back.refund(market, sent)
    money_back.work(market)
    market.delivered_order((tea, 1))
    money_back.work(market)
    money_back.dispute(market, market.paid_order((cup, 1)))
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
    "lines_are_of_their_vendor_orders": "update order_lines set product_id = product_id + 1000",
    "held_units_have_holds": "delete from stock where held_units > 0",
    "sold_units_have_lines": "delete from stock where sold_units > 0",
    "facts_are_numbered_without_gaps": "update relay set last_position = last_position + 1",
}


@pytest.mark.parametrize(
    "wounds", [WOUNDS, DEEPER_WOUNDS], ids=["each invariant's own", "what is missing altogether"]
)
def test_every_wound_is_found(busy: TestMarket, wounds: dict[str, str]) -> None:
    with psycopg.connect(busy.database.url, row_factory=dict_row) as connection:
        for name, wound in wounds.items():
            # As an operator's wrong hand could: past triggers and checks.
            connection.execute("set local session_replication_role = replica")
            connection.execute("alter table stock drop constraint stock_check")
            assert connection.execute(wound).rowcount > 0
            found = invariants.check(connection)
            assert name in {breach.invariant for breach in found}, found
            assert all(breach.key and breach.detail for breach in found)
            connection.rollback()
