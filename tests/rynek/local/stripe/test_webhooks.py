import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import stripe as sdk

from rynek.local.stripe.control import Control
from rynek.local.stripe.courier import FIRST_RETRY_S, LAST_RETRY_S, retry_delay_s
from tests.rynek.local.stripe.receivers import Receiver, receiving
from tests.rynek.local.stripe.standins import Standin, paid, running, until
from tests.stripe_contract import described, folder

pytestmark = pytest.mark.slow

SECRET = "whsec_market"


@pytest.fixture(scope="module")
def standin(recording: Path) -> Iterator[Standin]:
    """This file's own: nothing that others left open becomes due while a receiver listens."""
    with running(recording.parent / "hooks", "--record", str(recording)) as standin:
        yield standin


def hook(receiver: Receiver) -> tuple[str, ...]:
    return ("--webhook-url", receiver.url, "--webhook-secret", SECRET)


def types(receiver: Receiver) -> set[str]:
    return {json.loads(payload)["type"] for _, payload in receiver.arrived}


PAID = {"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}


@contextmanager
def listening(
    client: sdk.StripeClient, receiver: Receiver, *events: str
) -> Iterator[sdk.WebhookEndpoint]:
    """An endpoint at the receiver for the duration of the block, for all events or the named."""
    asked: Any = {"url": receiver.url, "enabled_events": list(events or "*")}
    endpoint = client.v1.webhook_endpoints.create(asked)
    yield endpoint
    client.v1.webhook_endpoints.delete(endpoint.id)


def test_events_arrive_signed_and_as_stripe_describes_them(client: sdk.StripeClient) -> None:
    with receiving(Receiver()) as receiver, listening(client, receiver) as endpoint:
        intent = paid(client)
        until(lambda: types(receiver) == PAID)

    for signature, payload in receiver.arrived:
        event = sdk.Webhook.construct_event(payload, signature, str(endpoint.secret))
        filed = client.v1.events.retrieve(event.id)
        assert event.data.object.to_dict() == filed.data.object.to_dict()
        assert intent.id in payload.decode()
        assert not [*described(folder()).object_faults(json.loads(payload))]


def test_a_forged_or_altered_event_does_not_verify(client: sdk.StripeClient) -> None:
    with receiving(Receiver()) as receiver, listening(client, receiver) as endpoint:
        paid(client)
        until(lambda: receiver.arrived)
    signature, payload = receiver.arrived[0]
    secret = str(endpoint.secret)

    for body, key in ((payload, "whsec_other"), (payload.replace(b"10000", b"1"), secret)):
        with pytest.raises(sdk.SignatureVerificationError):
            sdk.Webhook.construct_event(body, signature, key)


def test_an_event_is_sent_again_until_it_is_accepted(client: sdk.StripeClient) -> None:
    refusing = Receiver(statuses=[500, 503, 302])
    with receiving(refusing) as receiver, listening(client, receiver):
        client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
        event = client.v1.events.list({"limit": 1}).data[0]
        assert event.pending_webhooks == 1
        until(lambda: not client.v1.events.retrieve(event.id).pending_webhooks)

    assert [json.loads(payload)["id"] for _, payload in receiver.arrived] == [event.id] * 4


def test_an_endpoint_gets_only_what_it_asked_for(client: sdk.StripeClient) -> None:
    wanted = "payment_intent.succeeded"
    with receiving(Receiver()) as receiver, listening(client, receiver, wanted) as endpoint:
        assert "secret" not in client.v1.webhook_endpoints.retrieve(endpoint.id).to_dict()
        paid(client)
        until(lambda: types(receiver) == {wanted})
        paid(client)
        until(lambda: len(receiver.arrived) == 2)

    assert types(receiver) == {wanted}


def test_a_deleted_endpoint_is_forgotten_with_what_it_was_due(client: sdk.StripeClient) -> None:
    with receiving(Receiver()) as absent:
        pass
    with listening(client, absent) as endpoint:
        paid(client)
        assert client.v1.events.list({"limit": 1}).data[0].pending_webhooks == 1

    assert client.v1.events.list({"limit": 1}).data[0].pending_webhooks == 0
    assert not [one for one in client.v1.webhook_endpoints.list().data if one.id == endpoint.id]


def test_events_outlive_an_absent_endpoint_and_a_killed_standin(tmp_path: Path) -> None:
    with receiving(Receiver()) as receiver:
        pass
    with running(tmp_path, *hook(receiver)) as standin:
        paid(standin.client)
        assert standin.client.v1.events.list().data[0].pending_webhooks == 1
        standin.kill()

    with receiving(receiver), running(tmp_path, *hook(receiver)):
        until(lambda: types(receiver) == PAID)


def test_a_start_with_another_address_moves_what_is_due_there(tmp_path: Path) -> None:
    with receiving(Receiver()) as old:
        pass
    with running(tmp_path, *hook(old)) as standin:
        paid(standin.client)

    with receiving(Receiver()) as new, running(tmp_path, *hook(new)) as standin:
        until(lambda: types(new) == PAID)
        assert [one.url for one in standin.client.v1.webhook_endpoints.list().data] == [new.url]


def ids(receiver: Receiver) -> list[str]:
    return [json.loads(payload)["id"] for _, payload in receiver.arrived]


def filed(client: sdk.StripeClient, number: int) -> list[str]:
    """Ids of the latest events, oldest first."""
    return [event.id for event in client.v1.events.list({"limit": number}).data][::-1]


def test_webhooks_are_withheld_until_they_are_released(
    client: sdk.StripeClient, control: Control
) -> None:
    with receiving(Receiver()) as receiver, listening(client, receiver):
        control.webhooks(withhold=1)
        paid(client)
        control.webhooks()
        client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
        until(lambda: receiver.arrived)
        assert ids(receiver) == filed(client, 1)

        assert control.release() == 3
        until(lambda: len(receiver.arrived) == 4)

    assert types(receiver) == PAID


def test_webhooks_arrive_twice_and_out_of_order(client: sdk.StripeClient, control: Control) -> None:
    with receiving(Receiver()) as receiver, listening(client, receiver):
        control.webhooks(duplicate=1, reorder=1, seed=5)
        for _ in range(3):
            paid(client)
        until(lambda: len(receiver.arrived) == 18)
        control.webhooks()

    arrived, sent = ids(receiver), filed(client, 9)
    assert sorted(arrived) == sorted(sent * 2)
    assert list(dict.fromkeys(arrived)) != sent


def test_a_moved_clock_does_not_make_signatures_too_old_or_too_new(
    client: sdk.StripeClient, control: Control
) -> None:
    with receiving(Receiver()) as receiver, listening(client, receiver) as endpoint:
        control.advance(days=1)
        paid(client)
        until(lambda: types(receiver) == PAID)

    signature, payload = receiver.arrived[0]
    told_s = int(signature.split(",")[0].removeprefix("t="))
    assert sdk.Webhook.construct_event(payload, signature, str(endpoint.secret)).created > told_s


def test_retries_wait_longer_up_to_a_bound() -> None:
    waits = [retry_delay_s(attempt) for attempt in range(1, 101)]

    assert waits[0] == FIRST_RETRY_S
    assert waits == sorted(waits)
    assert waits[-1] == LAST_RETRY_S
