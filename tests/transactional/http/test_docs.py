"""The API's own page."""

from html import escape

from fastapi import FastAPI
from starlette.requests import Request

from transactional.http.app import create_app
from transactional.http.docs import Operation, docs, groups


def described(app: FastAPI) -> list[Operation]:
    return [operation for group in groups(app.openapi()).values() for operation in group]


def test_the_page_names_every_operation_and_loads_nothing_from_elsewhere() -> None:
    app = create_app()
    answer = docs(Request({"type": "http", "app": app, "headers": []}))
    page = bytes(answer.body).decode()
    operations = described(app)
    assert len(operations) > 30
    assert all(escape(operation.path) in page for operation in operations)
    assert "https://" not in page
    assert "<script" not in page


def test_a_bodys_fields_are_listed_with_its_parameters() -> None:
    found = {(each.method, each.path): each for each in described(create_app())}
    inputs = {(each.name, each.place) for each in found["POST", "/v1/orders"].inputs}
    assert inputs == {("Idempotency-Key", "header"), ("lines", "body"), ("ship_to", "body")}


def test_operations_stand_in_groups_and_say_what_they_take() -> None:
    found = groups(create_app().openapi())
    refund = next(each for each in found["refunds"] if each.method == "POST")
    assert refund.name == "Refund order"
    inputs = {each.name: each.meaning for each in refund.inputs}
    assert inputs["reason"] == "shopper_request or operator"
    assert all(inputs.values()), "no input is left without a word"
