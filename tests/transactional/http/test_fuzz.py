"""Requests that nobody thought of: each is answered as the OpenAPI document says, and by no fault.

A test run has time for a few of them for each route; `RYNEK_FUZZ_EXAMPLES` asks for more, and
`RYNEK_FUZZ_SEED` for others.
"""

import os
from copy import deepcopy
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.transactional.http.cast import Cast, assemble
from tests.transactional.http.routes import DOCUMENT
from tests.transactional.http.test_access import rows
from tests.transactional.market import TestMarket, Visit

EXAMPLES = int(os.environ.get("RYNEK_FUZZ_EXAMPLES", "4"))
SEED = int(os.environ.get("RYNEK_FUZZ_SEED", "20261122"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def operations(document: dict[str, Any]) -> list[Any]:
    found = from_dict(document).get_all_operations()
    return [operation.ok() for operation in found if isinstance(operation, Ok)]


def send(cast: Cast, case: Any, who: str, is_real: bool) -> None:
    """As this caller, on the path's own ids or on ones that are there."""
    if is_real:
        known = {name: cast.ids[name] for name in case.path_parameters if name in cast.ids}
        case.path_parameters = {**case.path_parameters, **known}
    request = case.as_transport_kwargs()
    request.pop("allow_redirects", None)
    client = cast.clients[who]
    drawn = {name.lower(): value for name, value in request.pop("headers", {}).items()}
    headers = {**drawn, **client.headers, "idempotency-key": uuid4().hex}
    if "authorization" not in client.headers:
        headers.pop("authorization", None)
    url = case.formatted_path
    body = {name: request[name] for name in ("json", "data", "params") if name in request}
    answer = client.request(case.method, url, headers=headers, **body)
    case.validate_response(answer, checks=CHECKS)


def those_let_in(operation: Any) -> list[str]:
    cells = rows().get(operation.label, {})
    return [who for who, cell in cells.items() if cell == "ok"]


def explore(cast: Cast, operation: Any, examples: int) -> list[str]:
    """What was answered otherwise than documented, once per kind."""
    found = []

    @hypothesis.seed(SEED)
    @settings(
        max_examples=examples,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(), st.sampled_from(those_let_in(operation)), st.booleans())
    def attempt(case: Any, who: str, is_real: bool) -> None:
        send(cast, case, who, is_real)

    try:
        attempt()
    except BaseExceptionGroup as failures:
        found += [f"{operation.label}: {failure}" for failure in failures.exceptions]
    return found


# Nothing hangs for ever, but more examples take longer.
@pytest.mark.timeout(60 + 30 * EXAMPLES)
@pytest.mark.slow
def test_every_answer_is_as_documented_whatever_is_asked(market: TestMarket, visit: Visit) -> None:
    cast = assemble(market, visit)
    faults = [fault for each in operations(DOCUMENT) for fault in explore(cast, each, EXAMPLES)]
    assert faults == [], f"RYNEK_FUZZ_SEED={SEED} RYNEK_FUZZ_EXAMPLES={EXAMPLES}"


def test_an_answer_that_is_not_documented_is_found(market: TestMarket, visit: Visit) -> None:
    document = deepcopy(DOCUMENT)
    document["paths"] = {"/v1/categories": {"get": document["paths"]["/v1/categories"]["get"]}}
    document["paths"]["/v1/categories"]["get"]["responses"] = {"204": {"description": "Nothing"}}
    (operation,) = operations(document)
    assert explore(assemble(market, visit), operation, 1)
