import json

import pytest

from tests.transactional.market import TestMarket, Visit
from tests.transactional.posts import http_receiver
from transactional.messages import webhook_calls


def test_a_vendor_registers_tries_rotates_and_removes_a_webhook(
    market: TestMarket, visit: Visit
) -> None:
    vendor = market.vendor()
    at, where = visit("vendor", vendor), f"/v1/vendors/ven_{vendor}/webhooks"
    with http_receiver() as receiver:
        local = receiver.url.replace("http://127.0.0.1", "https://localhost")
        hook = at.post(where, json={"url": local}, headers={"Idempotency-Key": "a"}).json()
        assert hook["secret"].startswith("rwh_")
        market.rows("update vendor_webhooks set url = %s returning 1", receiver.url)
        (listed,) = at.get(where).json()["data"]
        assert "secret" not in listed
        again = at.post(where, json={"url": local}, headers={"Idempotency-Key": "a"})
        assert (again.status_code, again.json()["code"]) == (409, "secret_shown_once")
        one = f"/v1/vendor-webhooks/{hook['vendor_webhook_id']}"
        event = at.post(f"{one}/test", headers={"Idempotency-Key": "b"}).json()
        webhook_calls.send(market.database, True, market.clock())
        ((_, body),) = receiver.calls
    assert json.loads(body)["id"] == event["event_id"]
    rotated = at.post(f"{one}/rotate", headers={"Idempotency-Key": "c"}).json()
    assert rotated["secret"] != hook["secret"]
    again = at.post(f"{one}/rotate", headers={"Idempotency-Key": "c"})
    assert (again.status_code, again.json()["code"]) == (409, "secret_shown_once")
    for table in ("idempotency_keys", "audit", "outbox", "notifications"):
        kept = market.value(f"select coalesce(string_agg(t::text, ' '), '') from {table} as t")
        assert "rwh_" not in kept, f"{table} holds a secret"
    assert at.post(f"{one}/enable", headers={"Idempotency-Key": "d"}).json()["is_enabled"]
    stranger = visit("vendor", market.vendor())
    for verb in ("test", "rotate", "enable"):
        answer = stranger.post(f"{one}/{verb}", headers={"Idempotency-Key": verb})
        assert (answer.status_code, answer.json()["code"]) == (404, "webhook_unknown")
    assert stranger.delete(one).status_code == 404
    assert at.delete(one).status_code == 204
    assert at.get(where).json()["data"] == []


@pytest.mark.parametrize("url", ["http://shop.example/", "https://10.0.0.1/", "https://[::1]/"])
def test_an_address_that_may_not_be_called_is_refused_at_once(
    market: TestMarket, visit: Visit, url: str
) -> None:
    vendor = market.vendor()
    answer = visit("vendor", vendor).post(
        f"/v1/vendors/ven_{vendor}/webhooks",
        json={"url": url},
        headers={"Idempotency-Key": "a"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")
