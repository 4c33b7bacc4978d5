from pathlib import Path

import stripe as sdk

from rynek.local.stripe.balances import AVAILABLE_AFTER_S
from rynek.local.stripe.control import Control
from tests.rynek.local.stripe.standins import KEY, available, paid, pending, running


def test_money_becomes_available_when_the_clock_is_there(
    client: sdk.StripeClient, control: Control
) -> None:
    paid(client, 10_000, currency="pln")
    assert (pending(client, "pln"), available(client, "pln")) == (9_680, 0)

    control.advance(seconds=AVAILABLE_AFTER_S)

    assert (pending(client, "pln"), available(client, "pln")) == (0, 9_680)


def test_transactions_are_found_by_what_they_are_about(
    client: sdk.StripeClient, control: Control
) -> None:
    intent = paid(client, 10_000)
    control.advance(days=1)
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1_000})
    transactions = client.v1.balance_transactions

    of_charge = transactions.list({"source": str(intent.latest_charge)}).data
    of_type = transactions.list({"type": "refund", "limit": 1}).data
    since = transactions.list({"created": {"gte": refund.created}}).data

    assert [(one.type, one.fee, one.net) for one in of_charge] == [("charge", 320, 9_680)]
    assert [one.source for one in of_type] == [refund.id]
    assert [one.source for one in since] == [refund.id]


def test_the_clock_keeps_its_lead_over_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as standin, Control(standin.url, KEY) as control:
        advanced = control.advance(days=30)
        standin.kill()

    with running(tmp_path) as standin, Control(standin.url, KEY) as control:
        assert control.now() >= advanced
        assert paid(standin.client).created >= advanced
