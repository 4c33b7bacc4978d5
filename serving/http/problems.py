"""Problem Details (RFC 9457) with a stable ``code``: the error shape of every route."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from serving.errors import ServingError
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
SECONDS_TO_RETRY = 1
CODES_OF_STATUS = {404: "route_unknown", 405: "method_not_allowed", 413: "body_too_large"}


class Problem(BaseModel):
    """What went wrong, for people (`title`, `detail`) and for programs (`code`)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    detail: str
    code: str = Field(examples=["snapshot_unavailable"])


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in {
        "4XX": "The request cannot be answered; `code` says why.",
        "5XX": "Serving cannot answer now.",
    }.items()
}


def answer(status: int, code: str, detail: str, **details: Any) -> JSONResponse:
    title = code.replace("_", " ").capitalize()
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return JSONResponse({**details, **problem}, status, _headers(status), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Lets every error of the app leave as a Problem, and shows the shape in its OpenAPI."""
    app.add_exception_handler(ServingError, _serving_error)
    app.add_exception_handler(WarehouseError, _warehouse_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _fault)


def describe(app: FastAPI) -> None:
    """Names the one error shape in the OpenAPI document, in place of FastAPI's own 422."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document["components"]["schemas"]
        schemas["Problem"] = Problem.model_json_schema()
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _headers(status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(SECONDS_TO_RETRY)}
    return {}


async def _serving_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ServingError), "registered for this class"
    return answer(error.status, error.code, str(error), **error.details)


async def _warehouse_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, WarehouseError), "registered for this class"
    log.warning("%s: %s", error.code, error)
    return answer(503, error.code, str(error))


async def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError), "registered for this class"
    errors = [
        {"where": ".".join(str(part) for part in fault["loc"]), "what": str(fault["msg"])}
        for fault in error.errors()
    ]
    detail = "some fields are not as documented; see errors"
    return answer(422, "invalid_request", detail, errors=errors)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException), "registered for this class"
    code = CODES_OF_STATUS.get(error.status_code, "http_error")
    return answer(error.status_code, code, str(error.detail))


async def _fault(_: Request, error: Exception) -> JSONResponse:
    log.error("an unforeseen error", exc_info=error)
    return answer(500, "internal_error", "this is our fault and is logged")
