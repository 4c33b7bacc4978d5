from contextlib import suppress
from typing import Any

import pytest
import stripe as sdk

from rynek.local.stripe.control import Control, ControlRefusedError
from rynek.local.stripe.dispute_answers import DECIDED_AFTER_S
from rynek.local.stripe.disputes import ANSWER_WITHIN_S, FEE_CENTS
from tests.rynek.local.stripe.standins import about, paid, until


def disputed(client: sdk.StripeClient, control: Control, **more: Any) -> sdk.Dispute:
    charge = str(paid(client, 10_000).latest_charge)
    return client.v1.disputes.retrieve(control.open_dispute(charge, **more)["id"])


def booked(dispute: sdk.Dispute) -> list[tuple[int, int, int]]:
    return [(one.amount, one.fee, one.net) for one in dispute.balance_transactions]


WITHDRAWN = (-10_000, FEE_CENTS, -10_000 - FEE_CENTS)
REINSTATED = (10_000, -FEE_CENTS, 10_000 + FEE_CENTS)


def test_a_dispute_takes_the_charge_and_a_fee(client: sdk.StripeClient, control: Control) -> None:
    dispute = disputed(client, control, reason="product_not_received")

    charge = client.v1.charges.retrieve(str(dispute.charge))
    assert (dispute.status, dispute.reason) == ("needs_response", "product_not_received")
    assert (booked(dispute), charge.disputed) == ([WITHDRAWN], True)
    assert about(client, dispute.id) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.refunds.create({"charge": charge.id})
    assert refusal.value.code == "charge_disputed"
    listed = client.v1.disputes.list({"charge": charge.id}).data
    assert [one.id for one in listed] == [dispute.id]


@pytest.mark.parametrize(
    ("evidence", "status", "transactions", "told"),
    [
        (
            "winning_evidence",
            "won",
            [WITHDRAWN, REINSTATED],
            ["charge.dispute.funds_reinstated", "charge.dispute.closed"],
        ),
        ("losing_evidence", "lost", [WITHDRAWN], ["charge.dispute.closed"]),
    ],
)
def test_the_bank_decides_by_the_evidence(
    client: sdk.StripeClient,
    control: Control,
    evidence: str,
    status: str,
    transactions: list[tuple[int, int, int]],
    told: list[str],
) -> None:
    dispute = disputed(client, control)

    answered = client.v1.disputes.update(
        dispute.id, {"evidence": {"uncategorized_text": evidence}, "metadata": {"by": "us"}}
    )
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    control.advance(seconds=DECIDED_AFTER_S)

    decided = client.v1.disputes.retrieve(dispute.id)
    assert (decided.status, booked(decided)) == (status, transactions)
    assert about(client, dispute.id)[2:] == ["charge.dispute.updated", *told]


def test_staged_evidence_waits_to_be_submitted(client: sdk.StripeClient, control: Control) -> None:
    dispute = disputed(client, control)
    staged = client.v1.disputes.update(
        dispute.id, {"evidence": {"customer_name": "Ada", "receipt": "file_1"}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)

    submitted = client.v1.disputes.update(dispute.id, {"submit": True})

    assert (submitted.status, submitted.evidence.customer_name) == ("under_review", "Ada")
    with pytest.raises(sdk.InvalidRequestError, match="no longer"):
        client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Eve"}})
    assert control.decide_dispute(dispute.id, "won")["status"] == "won"
    with pytest.raises(ControlRefusedError, match="won already"):
        control.decide_dispute(dispute.id, "lost")


def test_unknown_evidence_is_refused(client: sdk.StripeClient, control: Control) -> None:
    asked: Any = {"evidence": {"horoscope": "good"}}

    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.disputes.update(disputed(client, control).id, asked)

    assert refusal.value.code == "parameter_unknown"


def test_an_unanswered_dispute_is_lost_in_time(client: sdk.StripeClient, control: Control) -> None:
    dispute = disputed(client, control)
    assert dispute.evidence_details.due_by == dispute.created + ANSWER_WITHIN_S

    control.advance(seconds=ANSWER_WITHIN_S)

    lost = client.v1.disputes.retrieve(dispute.id)
    assert (lost.status, lost.evidence_details.past_due) == ("lost", True)
    with pytest.raises(sdk.InvalidRequestError, match="charged back"):
        client.v1.refunds.create({"charge": str(dispute.charge)})


def test_a_closed_dispute_is_lost_at_once(client: sdk.StripeClient, control: Control) -> None:
    assert client.v1.disputes.close(disputed(client, control).id).status == "lost"


def test_an_inquiry_withdraws_nothing_until_it_is_escalated(
    client: sdk.StripeClient, control: Control
) -> None:
    inquiry = disputed(client, control, is_inquiry=True)
    assert (inquiry.status, booked(inquiry)) == ("warning_needs_response", [])
    assert inquiry.is_charge_refundable is True

    client.v1.disputes.update(
        inquiry.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}}
    )
    control.advance(seconds=DECIDED_AFTER_S)

    escalated = client.v1.disputes.retrieve(inquiry.id)
    assert (escalated.status, booked(escalated)) == ("needs_response", [WITHDRAWN])


def test_a_won_charge_can_be_refunded_and_disputed_no_further_than_that(
    client: sdk.StripeClient, control: Control
) -> None:
    dispute = disputed(client, control, amount=4_000)
    with pytest.raises(ControlRefusedError, match="cannot be disputed"):
        control.open_dispute(str(dispute.charge))
    control.decide_dispute(dispute.id, "won")

    client.v1.refunds.create({"charge": str(dispute.charge), "amount": 9_000})

    with pytest.raises(ControlRefusedError, match="1000 are left"):
        control.open_dispute(str(dispute.charge), amount=1_001)


def test_a_card_that_disputes_by_itself_does_not_where_its_shopper_did_before(
    client: sdk.StripeClient, control: Control
) -> None:
    intent = paid(client, payment_method="pm_card_createDispute")
    with suppress(ControlRefusedError):  # where the card was quicker
        control.open_dispute(str(intent.latest_charge))

    control.advance(seconds=2)

    assert len(client.v1.disputes.list({"payment_intent": intent.id}).data) == 1


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        ("pm_card_createDispute", "fraudulent", "needs_response"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
def test_some_cards_dispute_by_themselves(
    client: sdk.StripeClient, card: str, reason: str, status: str
) -> None:
    intent = paid(client, payment_method=card)

    until(lambda: client.v1.disputes.list({"payment_intent": intent.id}).data)

    dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]
    assert (dispute.reason, dispute.status) == (reason, status)
