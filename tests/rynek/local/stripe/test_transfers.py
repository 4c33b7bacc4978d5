from typing import Any

import pytest
import stripe as sdk

from tests.rynek.local.stripe.standins import Standin, paid, vendor


def test_two_vendors_share_a_charge_to_the_cent(client: sdk.StripeClient) -> None:
    one, two = vendor(client), vendor(client)
    charge = str(paid(client, 10_000, transfer_group="ord_7").latest_charge)

    for account, cents in ((one, 6_001), (two, 3_999)):
        transfer = client.v1.transfers.create(
            {
                "amount": cents,
                "currency": "usd",
                "destination": account,
                "source_transaction": charge,
            }
        )
        assert transfer.transfer_group == "ord_7"

    sent = client.v1.transfers.list({"transfer_group": "ord_7"}).data
    assert [(transfer.destination, transfer.amount) for transfer in sent] == [
        (two, 3_999),
        (one, 6_001),
    ]


def test_transfers_from_a_charge_stop_at_its_amount(client: sdk.StripeClient) -> None:
    account = vendor(client)
    charge = str(paid(client, 10_000).latest_charge)
    asked: Any = {"currency": "usd", "destination": account, "source_transaction": charge}
    client.v1.transfers.create(asked | {"amount": 9_000})

    with pytest.raises(sdk.InvalidRequestError, match="1000 are left") as refusal:
        client.v1.transfers.create(asked | {"amount": 1_001})

    assert refusal.value.param == "amount"
    assert client.v1.transfers.create(asked | {"amount": 1_000}).amount == 1_000


def test_a_charge_without_a_group_gets_one_with_its_first_transfer(
    client: sdk.StripeClient,
) -> None:
    intent = paid(client)
    charge = str(intent.latest_charge)

    transfer = client.v1.transfers.create(
        {
            "amount": 100,
            "currency": "usd",
            "destination": vendor(client),
            "source_transaction": charge,
        }
    )

    assert transfer.transfer_group == f"group_{intent.id}"
    assert client.v1.charges.retrieve(charge).transfer_group == transfer.transfer_group


def test_the_destination_sees_a_payment_that_becomes_available_with_the_charge(
    client: sdk.StripeClient,
) -> None:
    account = vendor(client)
    charge = client.v1.charges.retrieve(str(paid(client).latest_charge))

    transfer = client.v1.transfers.create(
        {
            "amount": 2_500,
            "currency": "usd",
            "destination": account,
            "source_transaction": charge.id,
        }
    )

    theirs: Any = {"stripe_account": account}
    payment = client.v1.charges.retrieve(str(transfer.destination_payment), options=theirs)
    ours = client.v1.balance_transactions.retrieve(str(charge.balance_transaction))
    booked = client.v1.balance_transactions.list({"source": payment.id}, theirs).data[0]
    balance = client.v1.balance.retrieve(options=theirs)
    assert (booked.net, booked.type, booked.status) == (2_500, "payment", "pending")
    assert booked.available_on == ours.available_on
    assert (balance.pending[0].amount, balance.available[0].amount) == (2_500, 0)


def test_without_a_charge_only_available_money_moves(client: sdk.StripeClient) -> None:
    asked: Any = {"currency": "jpy", "destination": vendor(client)}
    paid(client, 5_000, currency="jpy")
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.transfers.create(asked | {"amount": 1_000})
    assert refusal.value.code == "balance_insufficient"

    paid(client, 5_000, currency="jpy", payment_method="pm_card_bypassPending")
    client.v1.transfers.create(asked | {"amount": 4_825})

    available = {one.currency: one.amount for one in client.v1.balance.retrieve().available}
    assert available["jpy"] == 0


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"destination": "acct_none"}, "resource_missing", "destination"),
        ({"source_transaction": "ch_none"}, "resource_missing", "source_transaction"),
        ({"currency": "eur"}, None, "currency"),
        ({"transfer_group": "ord_other"}, None, "transfer_group"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -1}, "parameter_invalid_integer", "amount"),
        ({"amount": 10_001}, None, "amount"),
    ],
)
def test_a_transfer_that_does_not_fit_is_refused_and_moves_nothing(
    client: sdk.StripeClient, change: dict[str, object], code: str | None, param: str
) -> None:
    account = vendor(client)
    charge = paid(client, 10_000, transfer_group="ord_8").latest_charge
    asked: Any = {
        "amount": 100,
        "currency": "usd",
        "destination": account,
        "source_transaction": charge,
    }

    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.transfers.create(asked | change)

    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert not client.v1.transfers.list({"destination": account}).data


def test_a_failed_charge_funds_no_transfer(client: sdk.StripeClient) -> None:
    with pytest.raises(sdk.CardError) as refusal:
        paid(client, payment_method="pm_card_chargeDeclined")
    assert refusal.value.error is not None

    with pytest.raises(sdk.InvalidRequestError, match="did not succeed"):
        client.v1.transfers.create(
            {
                "amount": 100,
                "currency": "usd",
                "destination": vendor(client),
                "source_transaction": str(refusal.value.error.charge),
            }
        )


def test_an_account_without_the_capability_receives_nothing(client: sdk.StripeClient) -> None:
    account = client.v1.accounts.create({"type": "express", "email": "shop@market.example"})
    assert client.v1.accounts.retrieve(account.id).payouts_enabled is False

    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.transfers.create(
            {
                "amount": 100,
                "currency": "usd",
                "destination": account.id,
                "source_transaction": str(paid(client).latest_charge),
            }
        )

    assert refusal.value.code == "insufficient_capabilities_for_transfer"


def test_the_balance_is_the_sum_of_its_transactions(client: sdk.StripeClient) -> None:
    paid(client, 20_000, currency="chf")
    charge = str(paid(client, 1_999, currency="chf").latest_charge)
    client.v1.transfers.create(
        {
            "amount": 1_500,
            "currency": "chf",
            "destination": vendor(client),
            "source_transaction": charge,
        }
    )

    booked = client.v1.balance_transactions.list({"currency": "chf"}).data
    pending = {one.currency: one.amount for one in client.v1.balance.retrieve().pending}
    assert [one.type for one in booked] == ["transfer", "charge", "charge"]
    assert sum(one.net for one in booked) == pending["chf"] == 20_000 - 610 + 1_999 - 88 - 1_500


def test_a_key_has_no_access_to_a_strangers_account(standin: Standin) -> None:
    answer = standin.http("GET", "/v1/balance", headers={"stripe-account": "acct_stranger"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "account_invalid")
