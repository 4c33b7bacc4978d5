from uuid import UUID

import pytest

from tests.transactional.market import TestMarket
from transactional.gateway import Gateway, StripeRefusedError, StripeUnavailableError
from transactional.ordering import fulfilment
from transactional.ordering.fulfilment import MoveRefusedError, Shipment
from transactional.people import vendor_accounts, vendors
from transactional.people.vendors import VendorMoveRefusedError


def status(market: TestMarket, vendor_id: int) -> str:
    return str(market.value("select status from vendors where vendor_id = %s", vendor_id))


def test_a_vendor_is_active_once_its_stripe_account_is_open(market: TestMarket) -> None:
    vendor_id = market.vendor(is_active=False)
    assert status(market, vendor_id) == "verifying"
    assert vendor_accounts.open_awaited(market.database, market.gateway, market.clock()) == 1
    assert status(market, vendor_id) == "active"
    assert vendor_accounts.open_awaited(market.database, market.gateway, market.clock()) == 0


def test_an_account_whose_answer_was_lost_is_not_opened_twice(market: TestMarket) -> None:
    vendor_id = market.vendor(is_active=False)
    (vendor,) = market.rows("select country, stripe_account_key from vendors")
    lost = market.gateway.open_account(vendor_id, vendor["country"], vendor["stripe_account_key"])
    found = vendor_accounts.open_one(market.database, market.gateway, vendor_id, market.clock())
    assert found == lost


def test_a_vendor_whom_stripe_refuses_is_rejected_and_holds_nobody_up(market: TestMarket) -> None:
    refused, good = market.vendor(is_active=False), market.vendor(is_active=False)
    # The key is spent on another call, so Stripe refuses this one for good.
    (vendor,) = market.rows("select * from vendors where vendor_id = %s", refused)
    market.gateway.open_account(good, "DE", vendor["stripe_account_key"])
    assert vendor_accounts.open_awaited(market.database, market.gateway, market.clock()) == 2
    assert [status(market, refused), status(market, good)] == ["rejected", "active"]


def test_a_vendor_for_whom_stripe_has_no_answer_holds_nobody_up(market: TestMarket) -> None:
    class Deaf(Gateway):
        def open_account(self, vendor_id: int, country: str, key: UUID) -> str:
            if vendor_id == unanswered:
                raise StripeUnavailableError
            return super().open_account(vendor_id, country, key)

    unanswered, good = market.vendor(is_active=False), market.vendor(is_active=False)
    opened = vendor_accounts.open_awaited(market.database, Deaf(market.settings), market.clock())
    assert opened == 1
    assert [status(market, unanswered), status(market, good)] == ["verifying", "active"]


def test_a_refusal_that_comes_after_the_account_was_opened_rejects_nobody(
    market: TestMarket,
) -> None:
    class Overtaken(Gateway):
        def open_account(self, vendor_id: int, country: str, key: UUID) -> str:
            vendor_accounts.open_one(market.database, market.gateway, vendor_id, market.clock())
            raise StripeRefusedError

    vendor_id = market.vendor(is_active=False)
    vendor_accounts.open_awaited(market.database, Overtaken(market.settings), market.clock())
    assert status(market, vendor_id) == "active"


def test_of_two_accounts_opened_at_once_the_one_written_down_is_paid(market: TestMarket) -> None:
    class Overtaken(Gateway):
        def open_account(self, vendor_id: int, country: str, key: UUID) -> str:
            vendor_accounts.open_one(market.database, market.gateway, vendor_id, market.clock())
            return "acct_of_the_slower"

    vendor_id = market.vendor(is_active=False)
    account = vendor_accounts.open_one(
        market.database, Overtaken(market.settings), vendor_id, market.clock()
    )
    assert account == market.value("select stripe_account_id from vendors")
    assert market.value("select count(*) from outbox where type = 'vendor.changed'") == 2


def test_suspension_and_reinstatement_are_told_in_order(market: TestMarket) -> None:
    vendor_id = market.vendor()
    with market.database.transaction() as connection:
        vendors.suspend(connection, vendor_id, market.clock())
        vendors.reinstate(connection, vendor_id, market.clock())
        with pytest.raises(VendorMoveRefusedError):
            vendors.reinstate(connection, vendor_id, market.clock())
    facts = market.rows(
        "select version, payload from outbox where type = 'vendor.changed' order by id"
    )
    assert [(fact["version"], fact["payload"]["status"]) for fact in facts] == [
        (1, "verifying"),
        (2, "active"),
        (3, "suspended"),
        (4, "active"),
    ]


def test_a_paid_vendor_order_is_shipped_then_delivered_and_nothing_else(
    market: TestMarket,
) -> None:
    market.paid_order((market.offer(), 1))
    key = market.value("select vendor_order_id from vendor_orders")
    with market.database.transaction() as connection:
        with pytest.raises(MoveRefusedError) as refusal:
            fulfilment.deliver(connection, key, market.clock())
        assert refusal.value.details == {"status": "paid", "wanted": "delivered"}
        shipped = fulfilment.ship(
            connection, key, Shipment(tracking_code="TRACK-1"), market.clock()
        )
        delivered = fulfilment.deliver(connection, key, market.clock())
    assert (shipped["status"], shipped["tracking_code"]) == ("shipped", "TRACK-1")
    assert delivered["delivered_at"] == market.clock()


def test_an_unpaid_vendor_order_is_not_shipped(market: TestMarket) -> None:
    market.order((market.offer(), 1))
    key = market.value("select vendor_order_id from vendor_orders")
    with market.database.transaction() as connection, pytest.raises(MoveRefusedError):
        fulfilment.ship(connection, key, Shipment(), market.clock())
