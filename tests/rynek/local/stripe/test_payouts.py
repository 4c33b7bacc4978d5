from typing import Any

import pytest
import stripe as sdk

from rynek.local.stripe.control import Control
from rynek.local.stripe.payouts import ARRIVES_AFTER_S, LEAVES_AFTER_S
from tests.rynek.local.stripe.standins import available, paid, vendor


def earned(client: sdk.StripeClient, cents: int = 6_000, **account: Any) -> Any:
    """The options that speak for a fresh vendor with available money."""
    shop = vendor(client, **account)
    charge = str(paid(client, payment_method="pm_card_bypassPending").latest_charge)
    client.v1.transfers.create(
        {
            "amount": cents,
            "currency": "usd",
            "destination": shop,
            "source_transaction": charge,
        }
    )
    return {"stripe_account": shop}


def test_a_vendor_is_paid_out_step_by_step(client: sdk.StripeClient, control: Control) -> None:
    vendor_ = earned(client)

    payout = client.v1.payouts.create({"amount": 2_500, "currency": "usd"}, vendor_)
    statuses = [payout.status]
    for seconds in (LEAVES_AFTER_S, ARRIVES_AFTER_S - LEAVES_AFTER_S):
        control.advance(seconds=seconds)
        statuses.append(client.v1.payouts.retrieve(payout.id, options=vendor_).status)

    account = client.v1.accounts.retrieve(vendor_["stripe_account"])
    assert account.external_accounts is not None
    transaction = client.v1.balance_transactions.list({"payout": payout.id}, vendor_).data[0]
    assert statuses == ["pending", "in_transit", "paid"]
    assert payout.destination == account.external_accounts.data[0].id
    assert (transaction.type, transaction.net, transaction.source) == ("payout", -2_500, payout.id)
    assert available(client, "usd", vendor_) == 3_500
    told = client.v1.events.list({"type": "payout.*"}, vendor_).data
    assert [event.type for event in told] == ["payout.paid", "payout.updated", "payout.created"]
    assert {event.account for event in told} == {vendor_["stripe_account"]}


def test_a_payout_to_a_bad_bank_account_comes_back(
    client: sdk.StripeClient, control: Control
) -> None:
    vendor_ = earned(client, external_account="btok_us_verified_noAccount")

    payout = client.v1.payouts.create({"amount": 6_000, "currency": "usd"}, vendor_)
    assert available(client, "usd", vendor_) == 0
    control.advance(seconds=ARRIVES_AFTER_S)

    failed = client.v1.payouts.retrieve(payout.id, options=vendor_)
    assert (failed.status, failed.failure_code) == ("failed", "no_account")
    assert failed.failure_balance_transaction is not None
    assert available(client, "usd", vendor_) == 6_000


def test_a_payout_can_be_canceled_before_it_leaves(
    client: sdk.StripeClient, control: Control
) -> None:
    vendor_ = earned(client)
    first, second = (
        client.v1.payouts.create({"amount": 100, "currency": "usd"}, vendor_) for _ in range(2)
    )

    assert client.v1.payouts.cancel(first.id, options=vendor_).status == "canceled"
    control.advance(seconds=LEAVES_AFTER_S)

    with pytest.raises(sdk.InvalidRequestError, match="in_transit"):
        client.v1.payouts.cancel(second.id, options=vendor_)
    assert available(client, "usd", vendor_) == 5_900
    listed = client.v1.payouts.list({"status": "canceled"}, vendor_).data
    assert [one.id for one in listed] == [first.id]


def test_the_platform_is_paid_out_what_is_available(client: sdk.StripeClient) -> None:
    paid(client, 9_000, currency="dkk", payment_method="pm_card_bypassPending")
    cents = available(client, "dkk")

    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.payouts.create({"amount": cents + 1, "currency": "dkk"})
    payout = client.v1.payouts.create(
        {"amount": cents, "currency": "dkk", "metadata": {"week": "47"}}
    )

    assert refusal.value.code == "balance_insufficient"
    assert available(client, "dkk") == 0
    noted = client.v1.payouts.update(payout.id, {"metadata": {"week": "48"}})
    assert noted.metadata is not None
    assert noted.metadata["week"] == "48"


def test_a_limited_account_is_not_paid_out(client: sdk.StripeClient, control: Control) -> None:
    vendor_ = earned(client)
    control.limit_account(vendor_["stripe_account"], transfers=True)

    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.payouts.create({"amount": 100, "currency": "usd"}, vendor_)

    assert refusal.value.code == "payouts_not_allowed"


def test_an_account_that_paid_out_its_money_cannot_give_it_back(
    client: sdk.StripeClient, control: Control
) -> None:
    vendor_ = earned(client)
    transfer = client.v1.transfers.list({"destination": vendor_["stripe_account"]}).data[0]
    client.v1.payouts.create({"amount": 5_000, "currency": "usd"}, vendor_)

    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.transfers.reversals.create(transfer.id, {"amount": 1_001})

    assert refusal.value.code == "balance_insufficient"
    assert client.v1.transfers.retrieve(transfer.id).amount_reversed == 0
    assert client.v1.transfers.reversals.create(transfer.id, {"amount": 1_000}).amount == 1_000
