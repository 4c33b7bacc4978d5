"""Problem Details (RFC 9457): one error shape with a stable `code` on every route."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

from transactional.access.rate_limits import RateLimitedError
from transactional.errors import (
    ConflictError,
    DeclinedError,
    ForbiddenError,
    GoneError,
    MarketError,
    NotFoundError,
    RefusedError,
    UnauthenticatedError,
    UnavailableError,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
SECONDS_TO_RETRY = 1
STATUS: dict[type[MarketError], int] = {
    UnauthenticatedError: 401,
    DeclinedError: 402,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    GoneError: 410,
    RefusedError: 422,
    RateLimitedError: 429,
    UnavailableError: 503,
}
CODES_OF_STATUS = {404: "route_unknown", 405: "method_not_allowed", 413: "body_too_large"}


class Problem(BaseModel):
    """What went wrong, for people (`title`, `detail`) and for programs (`code`)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    detail: str
    code: str = Field(examples=["out_of_stock"])


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in {
        "4XX": "The request cannot be done; `code` says why.",
        "5XX": "The market cannot answer now.",
    }.items()
}


def answer(status: int, code: str, detail: str, /, **details: Any) -> JSONResponse:
    headers = {"Retry-After": str(SECONDS_TO_RETRY)} if status == 503 else {}
    if status == 429:
        headers["Retry-After"] = str(details.get("retry_after_seconds", SECONDS_TO_RETRY))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(_body(status, code, detail, details), status, headers, MEDIA_TYPE)


def status_of(error: MarketError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def body_of(error: MarketError) -> dict[str, Any]:
    """The problem's JSON, where it has to be stored beside an idempotency key."""
    return _body(status_of(error), error.code, str(error), error.details)


def _body(status: int, code: str, detail: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """A problem's own members come first; a thing's `status` beside them is its present status."""
    named = {"present_status" if name == "status" else name: details[name] for name in details}
    return {
        **named,
        "type": "about:blank",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
    }


def install(app: FastAPI) -> None:
    """Let every error of `app` leave as a Problem."""
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)


async def respond(scope: Scope, error: Exception) -> JSONResponse:
    """The Problem of an error, for an endpoint that stands in front of the app."""
    handler = next(handler for kind, handler in HANDLERS.items() if isinstance(error, kind))
    return await handler(Request(scope), error)


async def _market_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MarketError), "registered for this class"
    if status_of(error) >= 500:
        log.warning("%s: %s", error.code, error, exc_info=error.__cause__)
    return answer(status_of(error), error.code, str(error), **error.details)


async def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError), "registered for this class"
    errors = [
        {"where": ".".join(str(part) for part in fault["loc"]), "what": str(fault["msg"])}
        for fault in error.errors()
    ]
    if any(fault["where"].lower() == "header.idempotency-key" for fault in errors):
        detail = "send an Idempotency-Key header of 1 to 255 characters, new for each new request"
        return answer(400, "idempotency_key_missing", detail)
    return answer(
        422, "invalid_request", "some fields are not as documented; see errors", errors=errors
    )


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException), "registered for this class"
    if error.status_code == 400:  # FastAPI's word for a body that it could not read to its end
        return answer(422, "invalid_request", "the body is no JSON, or nested too deep to be read")
    code = CODES_OF_STATUS.get(error.status_code, "http_error")
    return answer(error.status_code, code, str(error.detail))


async def _fault(_: Request, error: Exception) -> JSONResponse:
    log.error("an unforeseen error", exc_info=error)
    return answer(
        500, "internal_error", "this is our fault and is logged; nothing half-done is kept"
    )


HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[JSONResponse]]] = {
    MarketError: _market_error,
    RequestValidationError: _invalid_request,
    HTTPException: _http_error,
    Exception: _fault,
}


def describe(app: FastAPI) -> None:
    """Name the one error shape in the OpenAPI document, in place of FastAPI's own 422."""
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

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
