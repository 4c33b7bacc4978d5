from typing import Any

import pytest
import stripe as sdk

from rynek.local.stripe.moves import ALLOWED_FROM, MOVES
from tests.rynek.local.stripe.standins import TO_NOWHERE, Standin, paid, wanted


def event_types(client: sdk.StripeClient, intent_id: str) -> list[str]:
    """Types of the events about an intent and its charges, oldest first."""
    about: list[str] = []
    for event in client.v1.events.list({"limit": 100}).data:
        body = event.data.object.to_dict()
        if intent_id in (body["id"], body.get("payment_intent")):
            about.append(event.type)
    return about[::-1]


def test_a_good_card_pays_and_leaves_a_charge_with_its_fee(client: sdk.StripeClient) -> None:
    intent = paid(client, 10_000, transfer_group="ord_1", metadata={"order": "ord_1"})

    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    fee = client.v1.balance_transactions.retrieve(str(charge.balance_transaction))
    assert (intent.status, intent.amount_received) == ("succeeded", 10_000)
    assert (charge.status, charge.transfer_group, charge.metadata["order"]) == (
        "succeeded",
        "ord_1",
        "ord_1",
    )
    assert (fee.amount, fee.fee, fee.net, fee.source) == (10_000, 320, 9_680, charge.id)
    assert event_types(client, intent.id) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_a_declined_card_is_told_why_and_may_be_replaced(
    client: sdk.StripeClient, card: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(sdk.CardError) as refusal:
        client.v1.payment_intents.create(wanted(payment_method=card))

    error: Any = refusal.value.error
    assert (refusal.value.http_status, error.code) == (402, code)
    assert getattr(error, "decline_code", None) == decline_code
    intent: Any = client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", code)
    assert client.v1.charges.retrieve(error.charge).failure_code == code

    again = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": TO_NOWHERE}
    )
    assert (again.status, again.last_payment_error) == ("succeeded", None)
    assert event_types(client, intent.id) == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize(
    "card", ["pm_card_authenticationRequired", "pm_card_threeDSecure2Required"]
)
def test_a_challenged_card_waits_for_the_shopper(
    client: sdk.StripeClient, standin: Standin, card: str
) -> None:
    intent: Any = client.v1.payment_intents.create(wanted(payment_method=card))
    assert intent.status == "requires_action"
    assert intent.next_action.redirect_to_url.return_url == TO_NOWHERE

    assert standin.authenticate(intent.id).json()["status"] == "succeeded"

    assert client.v1.payment_intents.retrieve(intent.id).next_action is None
    assert event_types(client, intent.id) == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_a_failed_challenge_asks_for_another_payment_method(
    client: sdk.StripeClient, standin: Standin
) -> None:
    asked = wanted(payment_method="pm_card_threeDSecureRequired")
    intent = client.v1.payment_intents.create(asked)

    failed = standin.authenticate(intent.id, "failed").json()

    assert failed["status"] == "requires_payment_method"
    assert failed["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert client.v1.payment_intents.retrieve(intent.id).latest_charge is None


def test_a_card_may_be_declined_after_a_passed_challenge(
    client: sdk.StripeClient, standin: Standin
) -> None:
    asked = wanted(payment_method="pm_card_threeDSecureRequiredChargeDeclined")
    intent = client.v1.payment_intents.create(asked)

    declined = standin.authenticate(intent.id).json()

    assert declined["last_payment_error"]["code"] == "card_declined"
    assert client.v1.charges.retrieve(declined["latest_charge"]).status == "failed"


def test_the_banks_page_sends_the_shopper_back(standin: Standin, client: sdk.StripeClient) -> None:
    asked = wanted(payment_method="pm_card_threeDSecure2Required")
    intent: Any = client.v1.payment_intents.create(asked)
    page = intent.next_action.redirect_to_url.url.removeprefix(standin.url)

    shown = standin.http("GET", page)
    sent_on = standin.http(
        "POST", page, data={"outcome": "succeeded"}, headers={"accept": "text/html"}
    )

    assert "100.00 USD" in shown.text
    assert sent_on.status_code == 303
    assert sent_on.headers["location"].startswith(f"{TO_NOWHERE}?payment_intent={intent.id}&")
    assert sent_on.headers["location"].endswith("redirect_status=succeeded")


@pytest.mark.parametrize("how", ["off_session", "error_on_requires_action"])
def test_an_absent_shopper_cannot_be_challenged(client: sdk.StripeClient, how: str) -> None:
    with pytest.raises(sdk.CardError) as refusal:
        client.v1.payment_intents.create(
            wanted(payment_method="pm_card_authenticationRequired", **{how: True})
        )

    assert refusal.value.code == "authentication_required"


def test_without_a_return_url_no_redirecting_method_is_confirmed(client: sdk.StripeClient) -> None:
    with pytest.raises(sdk.InvalidRequestError, match="return_url"):
        client.v1.payment_intents.create(
            {"amount": 500, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}
        )

    intent = client.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_threeDSecure2Required",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"


def test_what_belongs_to_a_confirmation_needs_one(client: sdk.StripeClient) -> None:
    with pytest.raises(sdk.InvalidRequestError, match="confirm=true") as refusal:
        client.v1.payment_intents.create({"amount": 500, "currency": "usd", "off_session": True})

    assert refusal.value.param == "off_session"


def test_payment_method_types_are_refused_everywhere(
    client: sdk.StripeClient, standin: Standin
) -> None:
    intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    paths = ["", f"/{intent.id}", f"/{intent.id}/confirm"]

    answers = [
        standin.http(
            "POST",
            f"/v1/payment_intents{path}",
            data={"amount": "500", "currency": "usd", "payment_method_types[0]": "card"},
        )
        for path in paths
    ]

    codes = {(answer.status_code, answer.json()["error"]["code"]) for answer in answers}
    assert codes == {(400, "payment_method_types_no_longer_supported")}


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -5}, "parameter_invalid_integer", "amount"),
        ({"amount": "ten"}, "parameter_invalid_integer", "amount"),
        ({"amount": "10.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": ""}, "parameter_missing", "amount"),
        ({"currency": "dollars"}, None, "currency"),
        ({"payment_method": "pm_none"}, "resource_missing", "payment_method"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"automatic_payment_methods": {"enabled": "maybe"}}, None, None),
        ({"capture_method": "manual"}, None, "capture_method"),
    ],
)
def test_a_bad_parameter_is_named(
    client: sdk.StripeClient, change: dict[str, Any], code: str | None, param: str | None
) -> None:
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.payment_intents.create(wanted(payment_method="pm_card_visa") | change)

    assert (refusal.value.http_status, refusal.value.code) == (400, code)
    assert param is None or refusal.value.param == param


def test_an_update_changes_only_what_it_names(client: sdk.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "metadata": {"order": "ord_1", "cart": "crt_1"}}
    )

    updated = client.v1.payment_intents.update(
        intent.id, {"amount": 700, "metadata": {"cart": "", "hold": "hld_1"}}
    )

    assert (updated.amount, updated.currency) == (700, "usd")
    assert updated.metadata.to_dict() == {"order": "ord_1", "hold": "hld_1"}


def test_a_new_amount_takes_back_a_confirmation_that_waits_for_the_shopper(
    client: sdk.StripeClient, standin: Standin
) -> None:
    asked = wanted(payment_method="pm_card_threeDSecure2Required")
    intent = client.v1.payment_intents.create(asked)

    client.v1.payment_intents.update(intent.id, {"amount": 20_000})

    late = standin.authenticate(intent.id)
    assert (late.status_code, late.json()["error"]["code"]) == (
        400,
        "payment_intent_unexpected_state",
    )
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_confirmation"


def test_a_canceled_intent_takes_no_money(client: sdk.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    canceled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")

    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_visa", "return_url": TO_NOWHERE}
        )

    error: Any = refusal.value.error
    assert error.code == "payment_intent_unexpected_state"
    assert error.payment_intent.status == "canceled"
    assert not client.v1.charges.list({"payment_intent": intent.id}).data


def test_a_paid_intent_can_be_neither_confirmed_nor_changed_nor_canceled(
    client: sdk.StripeClient,
) -> None:
    intent = paid(client)
    intents = client.v1.payment_intents
    asked: Any = {"confirm": {"return_url": TO_NOWHERE}, "update": {"amount": 900}, "cancel": {}}

    for verb, parameters in asked.items():
        with pytest.raises(sdk.InvalidRequestError) as refusal:
            getattr(intents, verb)(intent.id, parameters)
        assert refusal.value.code == "payment_intent_unexpected_state"
    assert intents.retrieve(intent.id).amount_received == 10_000


def test_an_intent_without_a_card_cannot_be_confirmed(client: sdk.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})

    with pytest.raises(sdk.InvalidRequestError, match="payment method"):
        client.v1.payment_intents.confirm(intent.id, {"return_url": TO_NOWHERE})


def test_a_used_card_can_be_looked_up(client: sdk.StripeClient) -> None:
    intent = paid(client)

    method = client.v1.payment_methods.retrieve(str(intent.payment_method))

    assert method.card is not None
    assert method.card.last4 == "4242"


def test_an_unknown_intent_is_not_found(client: sdk.StripeClient) -> None:
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.payment_intents.retrieve("pi_none")

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_every_verb_starts_from_statuses_that_can_still_move() -> None:
    final = {status for status, moves in MOVES["payment_intent"].items() if not moves}

    assert final == {"succeeded", "canceled"}
    assert not any(statuses & final for statuses in ALLOWED_FROM.values())
