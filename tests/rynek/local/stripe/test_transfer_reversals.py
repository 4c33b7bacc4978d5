from typing import Any

import pytest
import stripe as sdk

from tests.rynek.local.stripe.standins import about, available, paid, pending, vendor


def sent(client: sdk.StripeClient, cents: int = 6_000, **more: Any) -> sdk.Transfer:
    """A transfer from a fresh charge of 100.00 to a fresh vendor."""
    asked: Any = {
        "amount": cents,
        "currency": "usd",
        "destination": vendor(client),
        "source_transaction": paid(client).latest_charge,
        **more,
    }
    return client.v1.transfers.create(asked)


def refuse(client: sdk.StripeClient, transfer_id: str, asked: Any) -> sdk.InvalidRequestError:
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.transfers.reversals.create(transfer_id, asked)
    return refusal.value


def test_a_pending_transfer_can_be_taken_back_whole(client: sdk.StripeClient) -> None:
    transfer = sent(client, 6_000)

    reversal = client.v1.transfers.reversals.create(transfer.id, {"metadata": {"order": "ord_1"}})

    theirs: Any = {"stripe_account": transfer.destination}
    after = client.v1.transfers.retrieve(transfer.id)
    payment = client.v1.charges.retrieve(str(transfer.destination_payment), options=theirs)
    ours = client.v1.balance_transactions.retrieve(str(reversal.balance_transaction))
    assert (reversal.amount, reversal.transfer) == (6_000, transfer.id)
    assert (after.reversed, after.amount_reversed) == (True, 6_000)
    assert [one.id for one in after.reversals.data] == [reversal.id]
    assert (ours.type, ours.net, ours.source) == ("transfer_refund", 6_000, reversal.id)
    assert (payment.refunded, payment.amount_refunded) == (True, 6_000)
    assert pending(client, "usd", theirs) == 0
    assert about(client, transfer.id)[-1] == "transfer.reversed"
    returned = client.v1.refunds.retrieve(str(reversal.destination_payment_refund), options=theirs)
    assert returned.source_transfer_reversal == reversal.id


def test_reversals_add_up_to_the_transfer_and_no_further(client: sdk.StripeClient) -> None:
    transfer = sent(client, 1_000)
    parts = [
        client.v1.transfers.reversals.create(transfer.id, {"amount": cents}) for cents in (400, 400)
    ]

    assert refuse(client, transfer.id, {"amount": 201}).param == "amount"
    assert refuse(client, transfer.id, {"amount": 0}).param == "amount"
    parts.append(client.v1.transfers.reversals.create(transfer.id, {}))

    assert [part.amount for part in parts] == [400, 400, 200]
    assert "already fully reversed" in str(refuse(client, transfer.id, {}))
    listed = client.v1.transfers.reversals.list(transfer.id, {"limit": 2})
    assert ([one.id for one in listed.data], listed.has_more) == (
        [parts[2].id, parts[1].id],
        True,
    )
    assert [one.id for one in listed.auto_paging_iter()] == [part.id for part in parts[::-1]]


def test_what_was_taken_back_can_be_sent_to_another(client: sdk.StripeClient) -> None:
    transfer = sent(client, 10_000)
    client.v1.transfers.reversals.create(transfer.id, {"amount": 2_500})
    asked: Any = {
        "currency": "usd",
        "destination": vendor(client),
        "source_transaction": transfer.source_transaction,
    }

    with pytest.raises(sdk.InvalidRequestError, match="2500 are left"):
        client.v1.transfers.create(asked | {"amount": 2_501})
    assert client.v1.transfers.create(asked | {"amount": 2_500}).amount == 2_500


def test_a_reversal_can_be_looked_up_and_noted_on(client: sdk.StripeClient) -> None:
    transfer, other = sent(client), sent(client)
    reversal = client.v1.transfers.reversals.create(transfer.id, {"amount": 100})

    client.v1.transfers.reversals.update(
        transfer.id, reversal.id, {"metadata": {"reason": "refund"}}
    )

    found = client.v1.transfers.reversals.retrieve(transfer.id, reversal.id)
    assert found.metadata is not None
    assert found.metadata["reason"] == "refund"
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.transfers.reversals.retrieve(other.id, reversal.id)
    assert refusal.value.http_status == 404


def test_a_transfer_can_be_noted_on(client: sdk.StripeClient) -> None:
    transfer = sent(client)

    changed = client.v1.transfers.update(
        transfer.id, {"description": "order 7", "metadata": {"order": "ord_7"}}
    )

    assert (changed.description, changed.metadata["order"]) == ("order 7", "ord_7")
    assert about(client, transfer.id)[-1] == "transfer.updated"
    assert available(client, "usd", {"stripe_account": transfer.destination}) == 0
