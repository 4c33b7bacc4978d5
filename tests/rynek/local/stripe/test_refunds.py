from typing import Any

import pytest
import stripe as sdk

from rynek.local.stripe.control import Control
from rynek.local.stripe.refund_outcomes import OUTCOME_AFTER_S, RETRY_AFTER_S
from tests.rynek.local.stripe.standins import Standin, about, available, paid


def charge_of(client: sdk.StripeClient, intent: sdk.PaymentIntent) -> sdk.Charge:
    return client.v1.charges.retrieve(str(intent.latest_charge))


def test_a_whole_refund_leaves_nothing_to_refund(client: sdk.StripeClient) -> None:
    intent = paid(client, 10_000)

    refund = client.v1.refunds.create(
        {
            "payment_intent": intent.id,
            "reason": "requested_by_customer",
            "metadata": {"order": "ord_1"},
        }
    )

    charge = charge_of(client, intent)
    booked = client.v1.balance_transactions.retrieve(str(refund.balance_transaction))
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 10_000, charge.id)
    assert (booked.type, booked.amount, booked.fee, booked.source) == (
        "refund",
        -10_000,
        0,
        refund.id,
    )
    assert (charge.refunded, charge.amount_refunded) == (True, 10_000)
    assert about(client, refund.id, charge.id)[-2:] == ["refund.created", "charge.refunded"]
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.refunds.create({"charge": charge.id})
    assert refusal.value.code == "charge_already_refunded"


def test_partial_refunds_add_up_to_the_charge_and_no_further(client: sdk.StripeClient) -> None:
    intent = paid(client, 1_000)
    parts = [
        client.v1.refunds.create({"charge": str(intent.latest_charge), "amount": cents})
        for cents in (333, 333)
    ]
    with pytest.raises(sdk.InvalidRequestError, match="greater than unrefunded") as refusal:
        client.v1.refunds.create({"charge": str(intent.latest_charge), "amount": 335})
    assert refusal.value.param == "amount"
    assert charge_of(client, intent).refunded is False

    parts.append(client.v1.refunds.create({"charge": str(intent.latest_charge)}))

    assert [part.amount for part in parts] == [333, 333, 334]
    assert charge_of(client, intent).refunded is True
    listed = client.v1.refunds.list({"payment_intent": intent.id}).data
    assert [one.id for one in listed] == [part.id for part in parts[::-1]]


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({}, "charge"),
        ({"charge": "ch_none"}, "charge"),
        ({"payment_intent": "pi_none"}, "payment_intent"),
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"reverse_transfer": True}, "reverse_transfer"),
        ({"refund_application_fee": True}, "refund_application_fee"),
        ({"reason": "boredom"}, "reason"),
    ],
)
def test_a_refund_that_does_not_fit_is_refused(
    client: sdk.StripeClient, asked: dict[str, Any], param: str
) -> None:
    known = {} if param in ("charge", "payment_intent") else {"charge": paid(client).latest_charge}
    request: Any = known | asked

    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.refunds.create(request)

    assert refusal.value.param == param


def test_an_unpaid_intent_has_nothing_to_refund(client: sdk.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})

    with pytest.raises(sdk.InvalidRequestError, match="successful charge"):
        client.v1.refunds.create({"payment_intent": intent.id})


def test_a_refund_is_given_once_under_one_key(client: sdk.StripeClient) -> None:
    asked: Any = {"charge": str(paid(client).latest_charge), "amount": 700}

    once, again = (
        client.v1.refunds.create(asked, {"idempotency_key": "back-once"}) for _ in range(2)
    )

    assert once.to_dict() == again.to_dict()
    assert len(client.v1.refunds.list({"charge": asked["charge"]}).data) == 1


def test_a_refund_of_pending_money_is_pending_with_it(client: sdk.StripeClient) -> None:
    intent = paid(client, 5_000)
    earned = client.v1.balance_transactions.retrieve(
        str(charge_of(client, intent).balance_transaction)
    )

    refund = client.v1.refunds.create({"payment_intent": intent.id})

    booked = client.v1.balance_transactions.retrieve(str(refund.balance_transaction))
    assert (booked.status, booked.available_on) == ("pending", earned.available_on)


def test_a_slow_bank_takes_a_refund_later(client: sdk.StripeClient, control: Control) -> None:
    intent = paid(client, payment_method="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")

    control.advance(seconds=OUTCOME_AFTER_S)

    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert about(client, refund.id)[-1] == "charge.refund.updated"


def test_a_refund_may_fail_after_it_seemed_to_succeed(
    client: sdk.StripeClient, control: Control
) -> None:
    intent = paid(client, 2_000, payment_method="pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"

    control.advance(seconds=OUTCOME_AFTER_S)

    failed = client.v1.refunds.retrieve(refund.id)
    returned = client.v1.balance_transactions.retrieve(str(failed.failure_balance_transaction))
    charge = charge_of(client, intent)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert (returned.type, returned.amount) == ("refund_failure", 2_000)
    assert (charge.refunded, charge.amount_refunded) == (False, 0)
    assert about(client, refund.id)[-1] == "refund.failed"


def test_without_a_bank_to_cover_it_a_refund_waits_for_the_balance(
    client: sdk.StripeClient, control: Control
) -> None:
    intent = paid(client, 4_000, currency="nok", payment_method="pm_card_bypassPending")
    control.cover_shortfalls(False)
    held = client.v1.refunds.create({"payment_intent": intent.id})
    assert (held.status, held.pending_reason) == ("pending", "insufficient_funds")
    assert held.balance_transaction is None

    paid(client, 4_000, currency="nok", payment_method="pm_card_bypassPending")
    control.advance(seconds=RETRY_AFTER_S)
    control.cover_shortfalls(True)

    assert client.v1.refunds.retrieve(held.id).status == "succeeded"
    assert available(client, "nok") == 2 * (4_000 - 146) - 4_000


def test_only_the_metadata_of_a_refund_changes(client: sdk.StripeClient, standin: Standin) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(client).id})

    changed = client.v1.refunds.update(refund.id, {"metadata": {"order": "ord_2"}})

    assert changed.metadata is not None
    assert changed.metadata["order"] == "ord_2"
    assert standin.http("POST", f"/v1/refunds/{refund.id}", data={"amount": "1"}).is_client_error
    with pytest.raises(sdk.InvalidRequestError, match="cannot cancel"):
        client.v1.refunds.cancel(refund.id)
