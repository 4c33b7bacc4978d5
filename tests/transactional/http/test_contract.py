"""What every route keeps, read from the OpenAPI document: a new route is held to it too."""

from typing import Any
from uuid import uuid4

import pytest

from tests.transactional.market import TestMarket, Visit
from transactional.http.app import create_app

METHODS = ("get", "post", "put", "patch", "delete")
DOCUMENT: dict[str, Any] = create_app().openapi()
OPERATIONS = [
    (method, path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
]
NAMES = [f"{method} {path}" for method, path, _ in OPERATIONS]

# What a POST without an Idempotency-Key has instead.
REPEATABLE = {
    "/v1/quote": "has no effect",
    "/v1/introspect": "has no effect",
    "/v1/revoke": "revoking again changes nothing",
    "/v1/events": "every event carries its own id",
    "/v1/webhooks/stripe": "every event carries its own id",
}
PROBLEM = {"type", "title", "status", "detail", "code"}


def installed(currency: str, time_zone: str) -> dict[str, str]:
    return {"currency": currency, "time_zone": time_zone}


def example(parameter: dict[str, Any]) -> str:
    """An id of the right kind, by the parameter's own description."""
    schema = parameter["schema"]
    if schema.get("format") == "uuid":
        return "00000000-0000-4000-8000-000000000000"
    return str(schema.get("examples", ["9"])[0])


EXAMPLES = {
    parameter["name"]: example(parameter)
    for _, _, operation in OPERATIONS
    for parameter in operation.get("parameters", [])
    if parameter["in"] == "path"
}


# As an operator: what is asked, and the problem it gets.
REFUSALS: list[tuple[str, str, Any, int, str]] = [
    ("get", "/v1/nowhere", None, 404, "route_unknown"),
    ("delete", "/v1/orders", None, 405, "method_not_allowed"),
    ("get", "/v1/offers/prd_1", None, 422, "invalid_request"),
    ("get", "/v1/offers/off_404", None, 404, "offer_unknown"),
    ("get", "/v1/vendors/ven_404", None, 404, "vendor_unknown"),
    ("get", "/v1/orders/ord_404", None, 404, "order_unknown"),
    ("get", "/v1/vendor-orders/vor_404", None, 404, "vendor_order_unknown"),
    ("get", "/v1/vendor-orders", None, 403, "forbidden"),
    ("get", "/v1/offers?limit=101", None, 422, "invalid_request"),
    ("get", "/v1/offers?cursor=prd_1", None, 422, "id_invalid"),
    ("get", "/v1/facts?limit=1001", None, 422, "invalid_request"),
    ("post", "/v1/orders", {"lines": []}, 403, "forbidden"),
    ("post", "/v1/categories", {"name": "Tea", "colour": 1}, 422, "invalid_request"),
    ("post", "/v1/categories", {"name": "T", "parent_id": "cat_404"}, 404, "category_unknown"),
    ("post", "/v1/products", {"title": "T", "category_id": "cat_404"}, 404, "category_unknown"),
    ("post", "/v1/tokens", {"role": "vendor"}, 422, "subject_invalid"),
    ("post", "/v1/tokens", {"role": "vendor", "subject": "ven_404"}, 404, "subject_unknown"),
    ("post", "/v1/introspect", {}, 422, "form_invalid"),
    ("put", "/v1/installation", installed("EUR", "UTC"), 409, "installation_fixed"),
    ("put", "/v1/installation", installed("USD", "Mars"), 422, "time_zone_unknown"),
]


def test_the_document_is_openapi_3_1_with_one_error_shape() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert set(DOCUMENT["components"]["schemas"]["Problem"]["required"]) == PROBLEM
    assert "HTTPValidationError" not in str(DOCUMENT)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_every_operation_declares_its_problems(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    for status in ("4XX", "5XX"):
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_every_post_with_an_effect_demands_an_idempotency_key(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    demanded = [
        parameter["name"] for parameter in operation.get("parameters", []) if parameter["required"]
    ]
    assert ("Idempotency-Key" in demanded) == (method == "post" and path not in REPEATABLE)


def test_a_missing_key_is_a_problem_of_its_own(market: TestMarket, visit: Visit) -> None:
    answer = visit("operator").post("/v1/categories", json={"name": "Tea"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert market.value("select count(*) from categories") == 0


def test_every_error_is_a_problem_with_a_stable_code(visit: Visit) -> None:
    operator = visit("operator")
    for number, (method, path, body, status, code) in enumerate(REFUSALS):
        headers = {"Idempotency-Key": f"k{number}"}
        answer = operator.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json().keys() >= PROBLEM
        assert answer.json()["status"] == status


def test_a_quantity_is_a_whole_number_from_1(market: TestMarket, visit: Visit) -> None:
    offer, shopper = market.offer(), visit("shopper", market.shopper()["shopper_id"])
    for quantity in (0, -1, 10_001, 1.5, "1", True, None):
        lines = [{"offer_id": f"off_{offer}", "quantity": quantity}]
        answer = shopper.post("/v1/orders", json={"lines": lines}, headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert answer.json()["errors"][0]["where"] == "body.lines.0.quantity"


@pytest.mark.parametrize("body", [b"{", b"[" * 50_000, b'{"name":' * 50_000 + b"1" + b"}" * 50_000])
@pytest.mark.parametrize("path", ["/v1/categories", "/v1/orders"])
def test_a_body_that_is_no_json_or_bottomless_is_a_problem(
    market: TestMarket, visit: Visit, path: str, body: bytes
) -> None:
    operator, shopper = visit("operator"), visit("shopper", market.shopper()["shopper_id"])
    who = operator if path == "/v1/categories" else shopper
    answer = who.post(path, content=body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_text_with_a_nul_character_is_refused_since_postgres_keeps_none(
    market: TestMarket, visit: Visit
) -> None:
    operator, event = visit("operator"), {"event_id": str(uuid4()), "type": "search"}
    search = event | {"occurred_at": market.clock().isoformat(), "query": "te\0a"}
    for path, body in (
        ("/v1/categories", {"name": "Te\0a"}),
        ("/v1/events", {"visitor_id": str(uuid4()), "events": [search]}),
    ):
        answer = operator.post(path, json=body, headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), path


def test_a_bare_number_is_no_id(visit: Visit, market: TestMarket) -> None:
    shopper = visit("shopper", market.shopper()["shopper_id"])
    lines = [{"offer_id": market.offer(), "quantity": 1}]
    answer = shopper.post("/v1/orders", json={"lines": lines}, headers={"Idempotency-Key": "k"})
    assert "an id is a string such as off_123" in answer.json()["errors"][0]["what"]


def test_a_body_beyond_a_megabyte_is_refused_while_it_is_read(visit: Visit) -> None:
    for path in ("/v1/events", "/v1/webhooks/stripe"):
        answer = visit().post(path, content=(b"x" * 100_000 for _ in range(11)))
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
