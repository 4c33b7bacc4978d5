import json
from typing import Any

import pytest
import stripe as sdk

from rynek.local.stripe.account_links import VALID_S
from rynek.local.stripe.control import Control
from tests.rynek.local.stripe.receivers import Receiver, receiving
from tests.rynek.local.stripe.standins import Standin, paid, until, vendor

STRICT: Any = {"metadata": {"onboarding": "strict"}}
LINK: Any = {
    "type": "account_onboarding",
    "refresh_url": "https://market.example/again",
    "return_url": "https://market.example/done",
}


def flags(account: sdk.Account) -> tuple[Any, ...]:
    assert account.capabilities is not None
    return (account.details_submitted, account.payouts_enabled, account.capabilities.transfers)


READY = (True, True, "active")
UNKNOWN = (False, False, "inactive")


def transfer(client: sdk.StripeClient, account: str) -> sdk.Transfer:
    return client.v1.transfers.create(
        {
            "amount": 100,
            "currency": "usd",
            "destination": account,
            "source_transaction": str(paid(client).latest_charge),
        }
    )


def test_an_account_is_ready_unless_it_is_to_be_strict(client: sdk.StripeClient) -> None:
    ready = client.v1.accounts.retrieve(vendor(client))
    strict = client.v1.accounts.retrieve(vendor(client, **STRICT))

    assert (flags(ready), flags(strict)) == (READY, UNKNOWN)
    assert strict.requirements is not None
    assert "external_account" in (strict.requirements.currently_due or [])
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        transfer(client, strict.id)
    assert refusal.value.code == "insufficient_capabilities_for_transfer"


def test_the_owner_answers_at_the_page_behind_the_link(
    client: sdk.StripeClient, standin: Standin
) -> None:
    account = vendor(client, **STRICT)
    link = client.v1.account_links.create(LINK | {"account": account})
    page = link.url.removeprefix(standin.url)

    assert account in standin.http("GET", page).text
    sent_on = standin.http("POST", page)

    assert (sent_on.status_code, sent_on.headers["location"]) == (303, LINK["return_url"])
    assert flags(client.v1.accounts.retrieve(account)) == READY
    assert transfer(client, account).amount == 100
    assert standin.http("POST", page).is_client_error


def test_an_old_link_sends_its_owner_back_for_a_fresh_one(
    client: sdk.StripeClient, standin: Standin, control: Control
) -> None:
    account = vendor(client, **STRICT)
    link = client.v1.account_links.create(LINK | {"account": account})
    control.advance(seconds=VALID_S)

    sent_back = standin.http("POST", link.url.removeprefix(standin.url))

    assert sent_back.headers["location"] == LINK["refresh_url"]
    assert flags(client.v1.accounts.retrieve(account)) == UNKNOWN


def test_a_link_needs_an_account_and_ways_back(client: sdk.StripeClient) -> None:
    asked = LINK | {"account": vendor(client)}

    for param in ("account", "return_url"):
        with pytest.raises(sdk.InvalidRequestError) as refusal:
            client.v1.account_links.create(asked | {param: "nowhere"})
        assert refusal.value.param == param


def test_an_account_is_limited_and_completed(client: sdk.StripeClient, control: Control) -> None:
    account = vendor(client)

    control.limit_account(account, reason="under_review")
    limited = client.v1.accounts.retrieve(account)
    control.complete_account(account)

    assert flags(limited) == (True, False, "inactive")
    assert limited.requirements is not None
    assert limited.requirements.disabled_reason == "under_review"
    assert flags(client.v1.accounts.retrieve(account)) == READY


def test_an_update_changes_only_what_it_names(client: sdk.StripeClient) -> None:
    account = client.v1.accounts.create({"type": "express", "email": "shop@market.example"})

    updated = client.v1.accounts.update(
        account.id,
        {
            "business_profile": {"name": "Fenn & Finch"},
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {"vendor": "ven_1"},
        },
    )

    assert updated.email == "shop@market.example"
    assert updated.business_profile is not None
    assert updated.business_profile.name == "Fenn & Finch"
    assert flags(updated) == READY


def test_the_platform_hears_of_its_accounts_at_connect_endpoints(
    client: sdk.StripeClient, control: Control
) -> None:
    account = vendor(client)
    wanted: Any = {"enabled_events": ["account.updated"]}
    with receiving(Receiver()) as for_accounts, receiving(Receiver()) as for_platform:
        endpoints = [
            client.v1.webhook_endpoints.create(wanted | {"url": one.url, "connect": connect})
            for one, connect in ((for_accounts, True), (for_platform, False))
        ]
        control.limit_account(account)
        until(lambda: for_accounts.arrived)
        for endpoint in endpoints:
            client.v1.webhook_endpoints.delete(endpoint.id)

    event = json.loads(for_accounts.arrived[0][1])
    assert (event["type"], event["account"]) == ("account.updated", account)
    assert event["data"]["object"]["payouts_enabled"] is False
    assert not for_platform.arrived
