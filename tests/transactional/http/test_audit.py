"""Who had which effect; who may only read; and who asks too often."""

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.transactional.market import TestMarket, Visit
from transactional.access import rate_limits
from transactional.http import people
from transactional.http.app import create_app

# No minute ends while the test counts.
ONE_WINDOW = 10**10


def post(client: TestClient, path: str, body: Any, key: str, **headers: str) -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": key, **headers})


def trail(visit: Visit, query: str = "") -> list[tuple[str, str, str | None]]:
    entries = visit("operator").get(f"/v1/audit{query}").json()["data"]
    return [(entry["principal"], entry["action"], entry["subject"]) for entry in entries]


def test_every_effect_leaves_one_row_and_a_replay_none(market: TestMarket, visit: Visit) -> None:
    vendor = market.vendor()
    offer, shopper = market.offer(vendor=vendor), market.shopper()["shopper_id"]
    lines = {"lines": [{"offer_id": f"off_{offer}", "quantity": 1}]}
    for _ in range(2):
        order = post(visit("shopper", shopper), "/v1/orders", lines, "order").json()["order_id"]
    post(visit("shopper", shopper), f"/v1/orders/{order}/cancel", None, "cancel")
    visit("vendor", vendor).patch(f"/v1/offers/off_{offer}", json={"price_cents": 5})
    refused = post(visit("vendor", vendor), "/v1/categories", {"name": "Tea"}, "c")
    assert refused.status_code == 403
    assert trail(visit) == [
        (f"ven_{vendor}", "PATCH /v1/offers/{offer_id}", f"off_{offer}"),
        (f"shp_{shopper}", "POST /v1/orders/{order_id}/cancel", order),
        (f"shp_{shopper}", "POST /v1/orders", order),
    ]
    assert len(trail(visit, f"?principal=shp_{shopper}")) == 2
    assert len(trail(visit, f"?subject={order}")) == 2


def test_an_effect_that_is_undone_leaves_no_row(market: TestMarket, visit: Visit) -> None:
    missing = post(visit("operator"), "/v1/categories", {"name": "T", "parent_id": "cat_9"}, "k")
    assert missing.status_code == 404
    assert trail(visit) == []


def test_a_row_carries_the_requests_id_and_so_does_the_answer(visit: Visit) -> None:
    named = {"X-Request-Id": "r-1"}
    told = post(visit("operator"), "/v1/categories", {"name": "Tea"}, "k", **named)
    (entry,) = visit("operator").get("/v1/audit").json()["data"]
    assert told.headers["x-request-id"] == entry["request_id"] == "r-1"
    assert len(visit().get("/healthz").headers["x-request-id"]) == 32


def test_operators_have_keys_and_rows_of_their_own(visit: Visit) -> None:
    operator = visit("operator")
    named = []
    for name in ("ada", "ben"):
        body = {"role": "operator", "name": name}
        token = post(operator, "/v1/tokens", body, name).json()["token"]
        named.append({"Authorization": f"Bearer {token}"})
    for bearer in named:
        answer = post(visit(), "/v1/categories", {"name": "Tea"}, "the same key", **bearer)
        assert answer.status_code == 201
        assert "idempotent-replayed" not in answer.headers
    principals = [principal for principal, action, _ in trail(visit) if "categories" in action]
    assert principals == ["operator:ben", "operator:ada"]


def test_a_token_that_only_reads_changes_nothing(market: TestMarket, visit: Visit) -> None:
    offer, shopper = market.offer(), market.shopper()["shopper_id"]
    body = {"role": "shopper", "subject": f"shp_{shopper}", "scopes": ["read"]}
    minted = post(visit("operator"), "/v1/tokens", body, "k").json()
    bearer = {"Authorization": f"Bearer {minted['token']}"}
    lines = {"lines": [{"offer_id": f"off_{offer}", "quantity": 1}]}
    for path in ("/v1/orders", "/v1/visitors/00000000-0000-4000-8000-000000000000/merge"):
        refused = post(visit(), path, lines, "k", **bearer)
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert visit().get("/v1/orders", headers=bearer).status_code == 200
    assert post(visit(), "/v1/quote", lines, "k", **bearer).status_code == 200
    told = visit("service").post("/v1/introspect", data={"token": minted["token"]}).json()
    assert told["scope"] == "read"


def test_tokens_are_minted_so_many_a_minute(
    market: TestMarket, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "WINDOW_SECONDS", ONE_WINDOW)
    monkeypatch.setattr(people, "TOKENS_PER_MINUTE", 2)
    operator, body = visit("operator"), {"role": "service", "name": "pages"}
    statuses = [post(operator, "/v1/tokens", body, key).status_code for key in "abc"]
    assert statuses == [201, 201, 429]
    assert operator.get("/v1/vendors").status_code == 200


def test_who_asks_too_often_is_told_when_to_come_again(
    market: TestMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "WINDOW_SECONDS", ONE_WINDOW)
    busy = replace(market.settings, requests_per_minute=3)
    token = {"Authorization": f"Bearer {market.token('operator')}"}
    with TestClient(create_app(busy)) as client:
        for headers in ({}, token):
            answers = [client.get("/v1/installation", headers=headers) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200] * 3
        refused = client.get("/v1/installation")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(refused.headers["retry-after"]) <= ONE_WINDOW
        statuses = [client.get("/v1/vendors", headers=token).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert client.get("/readyz").status_code == 200
