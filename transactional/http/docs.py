"""The API on a page of our own: FastAPI's fetches its scripts from elsewhere."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

router = APIRouter(include_in_schema=False)
PAGE = Environment(autoescape=True).from_string(
    Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
)
Json = dict[str, Any]


@dataclass(frozen=True)
class Input:
    """A parameter, or a field of the body."""

    name: str
    place: str
    is_required: bool
    meaning: str


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    name: str
    meaning: str
    inputs: list[Input]


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    document, nonce = request.app.openapi(), secrets.token_urlsafe(16)
    page = PAGE.render(document=document, groups=groups(document), nonce=nonce)
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def groups(document: Json) -> dict[str, list[Operation]]:
    """Every operation of an OpenAPI document by its tag, in the document's order."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            inputs = [*parameters(described), *body_fields(document, described)]
            name, meaning = described["summary"].capitalize(), described.get("description", "")
            operation = Operation(method.upper(), path, name, meaning, inputs)
            found.setdefault(described["tags"][0], []).append(operation)
    return found


def parameters(described: Json) -> Iterator[Input]:
    for parameter in described.get("parameters", ()):
        meaning = parameter.get("description") or told(parameter["schema"])
        is_required = parameter.get("required", False)
        yield Input(parameter["name"], parameter["in"], is_required, meaning)


def body_fields(document: Json, described: Json) -> Iterator[Input]:
    for content in described.get("requestBody", {}).get("content", {}).values():
        schema = resolved(document, content["schema"])
        for name, field in schema.get("properties", {}).items():
            is_required = name in schema.get("required", ())
            yield Input(name, "body", is_required, told(field))


def told(field: Json) -> str:
    """What a field says of itself; else its values or kinds, in the words of JSON Schema."""
    if "description" in field:
        return str(field["description"])
    found: list[str] = []
    for part in field.get("anyOf", [field]):
        found += part.get("enum") or filter(None, [part.get("description") or part.get("type")])
    return " or ".join(found)


def resolved(document: Json, schema: Json) -> Json:
    """The schema that a reference inside the document points at."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Json = document["components"]["schemas"][name] if name else schema
    return found
