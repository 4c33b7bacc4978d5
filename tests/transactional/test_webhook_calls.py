import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import redis

from tests.transactional.facts import consume, publish
from tests.transactional.market import TestMarket
from tests.transactional.posts import LOOPBACK, Receiver, http_receiver
from transactional.database import Row
from transactional.facts.consumers import Consumer
from transactional.messages import notifications, outbound, vendor_webhooks, webhook_calls
from transactional.messages.notices import Message
from transactional.messages.outbound import AddressRefusedError, CallFailedError
from transactional.messages.vendor_webhooks import TooManyWebhooksError, WebhookKnownError

TOLD = Consumer("notifications", partial(notifications.take, None))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as receiver:
        yield receiver


def register(market: TestMarket, vendor_id: int, url: str) -> Row:
    with market.database.transaction() as connection:
        return vendor_webhooks.register(
            connection, vendor_id, url, market.clock(), may_be_local=True
        )


def send(market: TestMarket, *, may_be_local: bool = True) -> int:
    return webhook_calls.send(market.database, may_be_local, market.clock())


def send_all(market: TestMarket) -> None:
    while send(market):
        pass


def tell(market: TestMarket, hook: Row, count: int = 1) -> None:
    messages = [
        Message(
            *("webhook", f"vwh_{hook['vendor_webhook_id']}", "test", f"thing_{n}"),
            *(None, hook["vendor_id"], "test", json.dumps({"n": n})),
        )
        for n in range(count)
    ]
    with market.database.transaction() as connection:
        notifications.add(connection, messages, market.clock())


def signatures(call: tuple[dict[str, str], bytes]) -> tuple[str, list[str]]:
    """The time and the digests of a call's Rynek-Signature."""
    at, *digests = call[0]["Rynek-Signature"].split(",")
    return at.removeprefix("t="), [digest.removeprefix("v1=") for digest in digests]


def digest(secret: str, at: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def state(market: TestMarket) -> Any:
    (row,) = market.rows(
        "select is_enabled, failures, failing_since, last_error from vendor_webhooks"
    )
    return row


def test_a_vendor_is_told_of_its_own_changes_by_signed_thin_events(
    market: TestMarket, stream: "redis.Redis", receiver: Receiver
) -> None:
    offer = market.offer()
    hook = register(market, market.value("select vendor_id from offers"), receiver.url)
    market.paid_order((offer, 1), (market.offer(), 1))
    publish(market, stream)
    consume(market, TOLD)
    send_all(market)
    events = [json.loads(body) for _, body in receiver.calls]
    orders = [event for event in events if event["type"] == "vendor_order.changed"]
    assert [event["data"] for event in orders] == [{"id": "vor_1", "version": 2, "status": "paid"}]
    assert {event["data"]["id"].split("_")[0] for event in events} <= {"vor", "off", "ven"}
    for call in receiver.calls:
        at, digests = signatures(call)
        assert digests == [digest(hook["secret"], at, call[1])]


def test_after_a_rotation_both_secrets_sign_for_a_day(
    market: TestMarket, receiver: Receiver
) -> None:
    hook = register(market, market.vendor(), receiver.url)
    tell(market, hook, 2)
    with market.database.transaction() as connection:
        new = vendor_webhooks.rotate(connection, hook["vendor_webhook_id"], market.clock())
    send(market)
    market.clock.advance(days=1)
    send(market)
    for call, secrets in zip(
        receiver.calls, ([new["secret"], hook["secret"]], [new["secret"]]), strict=True
    ):
        at, digests = signatures(call)
        assert digests == [digest(secret, at, call[1]) for secret in secrets]


def test_a_failing_webhook_pauses_longer_each_time_and_loses_nothing(
    market: TestMarket, receiver: Receiver
) -> None:
    hook = register(market, market.vendor(), receiver.url)
    tell(market, hook, 3)
    receiver.statuses = [500, 500, 500]
    pauses = []
    for _ in range(3):
        assert (send(market), send(market)) == (1, 0)
        next_at = market.value("select retry_at from vendor_webhooks")
        pauses.append(next_at - market.clock())
        market.clock.time = next_at + timedelta(hours=1)
    assert pauses == sorted(set(pauses))
    assert state(market)["failures"] == 3
    send_all(market)
    assert state(market) == {
        "is_enabled": True,
        "failures": 0,
        "failing_since": None,
        "last_error": None,
    }
    assert market.value("select count(*) from notifications where status = 'sent'") == 3


def test_days_of_failure_disable_a_webhook_and_its_vendor_is_told(
    market: TestMarket, receiver: Receiver
) -> None:
    hook = register(market, market.vendor(), receiver.url)
    market.rows("update vendors set email = 'vendor@shop.example' returning 1")
    tell(market, hook, 2)
    receiver.statuses = [500, 500]
    send(market)
    market.clock.advance(days=5)
    send(market)
    assert not state(market)["is_enabled"]
    assert send(market) == 0
    failed = market.value(
        "select count(*) from notifications where channel = 'webhook' and status = 'failed'"
    )
    assert failed == 2
    (letter,) = market.rows("select recipient, body from notifications where channel = 'email'")
    assert letter["recipient"] == "vendor@shop.example"
    assert "answered with status 500" in letter["body"]
    with market.database.transaction() as connection:
        vendor_webhooks.enable(connection, hook["vendor_webhook_id"], market.clock())
    assert state(market)["is_enabled"]


def test_one_webhook_that_never_answers_does_not_hold_up_another(
    market: TestMarket, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "SECONDS_FOR_A_STEP", 0.3)
    with socket.create_server((LOOPBACK, 0)) as silent:
        dead = register(market, market.vendor(), f"http://{LOOPBACK}:{silent.getsockname()[1]}/")
        alive = register(market, market.vendor(), receiver.url)
        tell(market, dead, 30)
        tell(market, alive, 3)
        send_all(market)
    assert len(receiver.calls) == 3
    assert market.value("select failures from vendor_webhooks where failures > 0") == 1


def test_a_redirect_is_a_failure_and_not_followed(receiver: Receiver) -> None:
    receiver.statuses = [307]
    with pytest.raises(CallFailedError, match="307"):
        outbound.post(receiver.url, b"{}", {}, may_be_local=True)
    assert len(receiver.calls) == 1


def test_an_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "SECONDS_FOR_ALL", 0.5)
    with socket.create_server((LOOPBACK, 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                try:
                    while True:
                        connection.sendall(b"z")
                        threading.Event().wait(0.05)
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        url = f"http://{LOOPBACK}:{server.getsockname()[1]}/"
        with pytest.raises(CallFailedError):
            outbound.post(url, b"{}", {}, may_be_local=True)
        dripping.join(10)
        assert not dripping.is_alive()


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "ftp://shop.example/",
        "https:///",
        "https://user:word@shop.example/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest",
        "https://0.0.0.0/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fd00::1]/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://[::1",
    ],
)
def test_only_public_https_addresses_are_called(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        outbound.post(url, b"{}", {}, may_be_local=False)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://93.184.215.14/", "https://10.0.0.1/"])
def test_a_local_market_reaches_its_own_machine_and_nothing_else_inside(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        outbound.post(url, b"{}", {}, may_be_local=True)


def test_a_name_that_moves_inside_after_registration_is_not_called(
    market: TestMarket, receiver: Receiver
) -> None:
    hook = register(market, market.vendor(), receiver.url)
    tell(market, hook)
    send(market, may_be_local=False)
    assert receiver.calls == []
    assert "https" in state(market)["last_error"]


def test_a_vendor_has_each_address_once_and_a_bounded_number(market: TestMarket) -> None:
    vendor = market.vendor()
    for number in range(vendor_webhooks.MOST_PER_VENDOR):
        register(market, vendor, f"https://shop.example/{number}")
    with pytest.raises(TooManyWebhooksError):
        register(market, vendor, "https://shop.example/more")
    with market.database.transaction() as connection:
        vendor_webhooks.remove(connection, 1)
    with pytest.raises(WebhookKnownError):
        register(market, vendor, "https://shop.example/1")
