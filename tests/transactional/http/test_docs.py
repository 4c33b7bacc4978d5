"""The API's own page."""

from html import escape

from starlette.requests import Request

from transactional.http.app import create_app
from transactional.http.docs import docs, operations


def test_the_page_names_every_operation_and_loads_nothing_from_elsewhere() -> None:
    app = create_app()
    answer = docs(Request({"type": "http", "app": app, "headers": []}))
    page = bytes(answer.body).decode()
    described = list(operations(app.openapi()))
    assert len(described) > 30
    assert all(escape(operation.path) in page for operation in described)
    assert "https://" not in page
    assert "<script" not in page


def test_a_bodys_fields_are_listed_with_its_parameters() -> None:
    found = {(each.method, each.path): each for each in operations(create_app().openapi())}
    inputs = {(each.name, each.place) for each in found["POST", "/v1/orders"].inputs}
    assert inputs == {("Idempotency-Key", "header"), ("lines", "body"), ("ship_to", "body")}
