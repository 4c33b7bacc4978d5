from collections.abc import Iterator

import pytest

from rynek.local.stripe.control import Control
from tests.rynek.local.stripe.standins import KEY, Standin
from tests.transactional.market import TestMarket
from transactional import open_tasks
from transactional.people import checklists, vendor_accounts, vendors
from transactional.people.accounts import Account
from transactional.people.checklists import NewItem
from transactional.people.vendor_accounts import AccountMissingError, VendorNotVerifiedError
from transactional.people.vendors import OwnerUnknownError
from transactional.settlement import transfers


@pytest.fixture
def control(standin: Standin) -> Iterator[Control]:
    with Control(standin.url, KEY) as control:
        yield control


def status(market: TestMarket, vendor_id: int) -> str:
    return str(market.value("select status from vendors where vendor_id = %s", vendor_id))


def limited_vendor(market: TestMarket, control: Control) -> tuple[int, str]:
    """A vendor whose account Stripe has questions about from the start."""
    vendor_id = market.vendor(is_active=False)
    (row,) = market.rows("select country, stripe_account_key from vendors")
    account_id = market.gateway.open_account(vendor_id, row["country"], row["stripe_account_key"])
    control.limit_account(account_id)
    vendor_accounts.open_awaited(market.database, market.gateway, market.clock())
    return vendor_id, account_id


def test_a_vendor_sells_only_once_stripe_lets_transfers_go_to_it(
    market: TestMarket, control: Control
) -> None:
    vendor_id, account_id = limited_vendor(market, control)
    assert status(market, vendor_id) == "verifying"
    (flags,) = market.rows("select is_transfer_capable, requirements_due from vendors")
    assert flags == {
        "is_transfer_capable": False,
        "requirements_due": ["individual.verification.document"],
    }
    control.complete_account(account_id)
    assert vendor_accounts.refresh_due(market.database, market.gateway, market.clock()) == 0
    market.clock.advance(minutes=1)
    assert vendor_accounts.refresh_due(market.database, market.gateway, market.clock()) == 1
    assert status(market, vendor_id) == "active"
    assert market.value("select is_payout_ready from vendors") is True


def test_a_limited_account_is_seen_and_its_vendor_stays_active(
    market: TestMarket, control: Control
) -> None:
    vendor_id = market.vendor()
    control.limit_account(market.value("select stripe_account_id from vendors"))
    market.clock.advance(days=1)
    assert vendor_accounts.refresh_due(market.database, market.gateway, market.clock()) == 1
    assert status(market, vendor_id) == "active"
    assert market.value("select is_transfer_capable from vendors") is False


def test_what_a_limited_vendor_is_owed_waits_visibly(market: TestMarket, control: Control) -> None:
    market.delivered_order((market.offer(), 1))
    account_id = market.value("select stripe_account_id from vendors")
    control.limit_account(account_id)
    vendor_accounts.refresh(market.database, market.gateway, account_id, market.clock())
    market.clock.advance(days=8)
    assert transfers.send(market.database, market.gateway, market.clock()) == 0
    with market.database.transaction() as connection:
        tasks = open_tasks.read(connection, market.clock())
    assert [(task["kind"], task["detail"]) for task in tasks] == [
        (
            "transfer_overdue",
            "Stripe lets nothing go to ven_1; it asks for individual.verification.document",
        )
    ]
    control.complete_account(account_id)
    vendor_accounts.refresh(market.database, market.gateway, account_id, market.clock())
    assert transfers.send(market.database, market.gateway, market.clock()) == 1
    assert market.value("select status from transfers") == "sent"


def test_an_account_that_stripe_disowns_gets_no_transfers(market: TestMarket) -> None:
    market.vendor()
    market.rows("update vendors set stripe_account_id = 'acct_gone' returning 1")
    vendor_accounts.refresh(market.database, market.gateway, "acct_gone", market.clock())
    (flags,) = market.rows("select is_transfer_capable, is_payout_ready from vendors")
    assert flags == {"is_transfer_capable": False, "is_payout_ready": False}


def test_the_flags_of_an_account_of_nobody_here_change_nothing(market: TestMarket) -> None:
    market.vendor(is_active=False)
    with market.database.transaction() as connection:
        vendor_accounts.learn(connection, Account("acct_else", False, False, ()), market.clock())
    assert market.value("select is_transfer_capable from vendors") is True


def test_no_account_is_opened_for_an_applicant(market: TestMarket) -> None:
    with market.database.transaction() as connection:
        checklists.create(connection, NewItem("identity", "Identity"))
    vendor_id = market.vendor(is_active=False)
    assert vendor_accounts.open_awaited(market.database, market.gateway, market.clock()) == 0
    with pytest.raises(VendorNotVerifiedError):
        vendor_accounts.open_one(market.database, market.gateway, vendor_id, market.clock())


def test_a_link_leads_to_stripes_questions(market: TestMarket) -> None:
    vendor_id, places = market.vendor(), ("https://shop.example/again", "https://shop.example/done")
    link = vendor_accounts.link(market.database, market.gateway, vendor_id, *places)
    assert link.url.startswith(str(market.settings.stripe_api_base))
    without = market.vendor(is_active=False)
    with pytest.raises(AccountMissingError):
        vendor_accounts.link(market.database, market.gateway, without, *places)


def test_a_shop_of_an_owner_with_shops_is_the_same_owners(market: TestMarket) -> None:
    market.vendor(is_active=False)
    owner_id = market.value("select owner_id from owners")
    with market.database.transaction() as connection:
        second = vendors.NewVendor("Second shop", None, "US", owner_id=owner_id)
        vendors.create(connection, second, market.clock())
        (owner,) = vendors.list_owners(connection, 0, 10)
    assert owner == {"owner_id": owner_id, "legal_name": "Ltd", "vendor_ids": [1, 2]}


def test_a_shop_of_an_unknown_owner_is_refused(market: TestMarket) -> None:
    new = vendors.NewVendor("Third", None, "US", owner_id=404)
    with pytest.raises(OwnerUnknownError), market.database.transaction() as connection:
        vendors.create(connection, new, market.clock())


def test_a_suspension_keeps_its_reason_until_the_vendor_is_reinstated(market: TestMarket) -> None:
    vendor_id = market.vendor()
    with market.database.transaction() as connection:
        vendors.suspend(connection, vendor_id, market.clock(), "counterfeit goods")
        assert vendors.read(connection, vendor_id)["status_reason"] == "counterfeit goods"
        vendors.reinstate(connection, vendor_id, market.clock())
        assert vendors.read(connection, vendor_id)["status_reason"] is None


def test_what_stripe_asks_anew_is_a_fact_and_the_same_again_is_none(
    market: TestMarket, control: Control
) -> None:
    market.vendor()
    account_id = market.value("select stripe_account_id from vendors")
    control.limit_account(account_id)
    for _ in range(2):
        vendor_accounts.refresh(market.database, market.gateway, account_id, market.clock())
    control.complete_account(account_id)
    vendor_accounts.refresh(market.database, market.gateway, account_id, market.clock())
    facts = market.rows(
        "select version, payload from outbox where type = 'vendor.changed' order by id"
    )
    assert [(fact["version"], fact["payload"]["is_payout_ready"]) for fact in facts[2:]] == [
        (3, False),
        (4, True),
    ]
    (limited, _) = facts[2:]
    assert limited["payload"]["requirements_due"] == ["individual.verification.document"]
    assert limited["payload"]["status"] == "active"
