"""Errors as Problem Details (RFC 9457) with a stable ``code``: one shape for every error."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from serving.errors import RequestInvalid, ServingError
from warehouse.errors import WarehouseError

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """The error shape, as OpenAPI shows it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str


RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": "What went wrong."}
}


def problem(
    request: Request, status: int, code: str, title: str, detail: str, **members: Any
) -> JSONResponse:
    body = {
        "type": f"urn:rynek:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": request.url.path,
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(body | members, status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Makes every error of the app a Problem."""
    app.add_exception_handler(ServingError, _from_serving)  # type: ignore[arg-type]  # Starlette types the handler by Exception
    app.add_exception_handler(WarehouseError, _from_warehouse)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(RequestValidationError, _from_validation)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(HTTPException, _from_http)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(Exception, _from_fault)


async def _from_serving(request: Request, error: ServingError) -> JSONResponse:
    return problem(request, error.status, error.code, error.title, error.detail, **error.members)


async def _from_warehouse(request: Request, error: WarehouseError) -> JSONResponse:
    title = " ".join((type(error).__doc__ or "").split())
    return problem(request, 503, error.code, title, str(error))


async def _from_validation(request: Request, error: RequestValidationError) -> JSONResponse:
    faults = [
        {"parameter": ".".join(str(part) for part in fault["loc"][1:]), "message": fault["msg"]}
        for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['parameter']}: {fault['message']}" for fault in faults)
    invalid = RequestInvalid(detail)
    return problem(request, invalid.status, invalid.code, invalid.title, detail, errors=faults)


async def _from_http(request: Request, error: HTTPException) -> JSONResponse:
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    return problem(request, error.status_code, code, phrase, error.detail)


async def _from_fault(request: Request, error: Exception) -> JSONResponse:
    title = "Serving failed on this request; its log has the trace."
    return problem(request, 500, "internal_error", title, title)
