import json
from pathlib import Path
from typing import Any

import pytest
import stripe as sdk

from rynek.local.stripe.courier import FIRST_RETRY_S, LAST_RETRY_S, retry_delay_s
from tests.rynek.local.stripe.receivers import Receiver, receiving
from tests.rynek.local.stripe.standins import paid, running, until
from tests.stripe_contract import described, folder

SECRET = "whsec_market"


def hook(receiver: Receiver) -> tuple[str, ...]:
    return ("--webhook-url", receiver.url, "--webhook-secret", SECRET)


def types(receiver: Receiver) -> set[str]:
    return {json.loads(payload)["type"] for _, payload in receiver.arrived}


PAID = {"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}


def test_events_arrive_signed_and_as_stripe_describes_them(tmp_path: Path) -> None:
    with receiving(Receiver()) as receiver, running(tmp_path, *hook(receiver)) as standin:
        intent = paid(standin.client)
        until(lambda: types(receiver) == PAID)
        listed = {event.id: event for event in standin.client.v1.events.list().data}

        for signature, payload in receiver.arrived:
            event = sdk.Webhook.construct_event(payload, signature, SECRET)
            assert event.data.object.to_dict() == listed[event.id].data.object.to_dict()
            assert not [*described(folder()).object_faults(json.loads(payload))]
        charged = next(event for event in listed.values() if event.type == "charge.succeeded")
        assert charged.data.object.to_dict()["payment_intent"] == intent.id


def test_a_forged_or_altered_event_does_not_verify(tmp_path: Path) -> None:
    with receiving(Receiver()) as receiver, running(tmp_path, *hook(receiver)) as standin:
        paid(standin.client)
        until(lambda: receiver.arrived)
    signature, payload = receiver.arrived[0]

    for body, secret in ((payload, "whsec_other"), (payload.replace(b"10000", b"1"), SECRET)):
        with pytest.raises(sdk.SignatureVerificationError):
            sdk.Webhook.construct_event(body, signature, secret)


def test_an_event_is_sent_again_until_it_is_accepted(tmp_path: Path) -> None:
    refusing = Receiver(statuses=[500, 503, 302])
    with receiving(refusing) as receiver, running(tmp_path, *hook(receiver)) as standin:
        intent = standin.client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
        until(lambda: len(receiver.arrived) == 4)
        until(lambda: not standin.client.v1.events.list().data[0].pending_webhooks)

    ids = {json.loads(payload)["id"] for _, payload in receiver.arrived}
    assert len(ids) == 1
    assert json.loads(receiver.arrived[0][1])["data"]["object"]["id"] == intent.id


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


def test_an_endpoint_gets_only_what_it_asked_for(tmp_path: Path) -> None:
    with receiving(Receiver()) as receiver, running(tmp_path) as standin:
        asked: Any = {"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]}
        endpoint = standin.client.v1.webhook_endpoints.create(asked)
        paid(standin.client)
        until(lambda: receiver.arrived)
        until(lambda: not standin.client.v1.events.list().data[0].pending_webhooks)

        assert types(receiver) == {"payment_intent.succeeded"}
        signature, payload = receiver.arrived[0]
        sdk.Webhook.construct_event(payload, signature, str(endpoint.secret))
        known = standin.client.v1.webhook_endpoints.retrieve(endpoint.id)
        assert "secret" not in known.to_dict()


def test_retries_wait_longer_up_to_a_bound() -> None:
    waits = [retry_delay_s(attempt) for attempt in range(1, 101)]

    assert waits[0] == FIRST_RETRY_S
    assert waits == sorted(waits)
    assert waits[-1] == LAST_RETRY_S
