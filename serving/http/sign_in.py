"""Signing in with a token of the core, kept in a cookie that scripts cannot read."""

from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from serving.errors import ForeignOrigin, FormTooLarge, ServingError
from serving.http.asking import COOKIE, Parts
from serving.http.pages import PageRoute, local_path, page

LONGEST_FORM_BYTES = 4_096
COOKIE_SECONDS = 12 * 3600  # the token's own end may come sooner

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/sign-in")
def form(goal: Annotated[str, Query(alias="next")] = "/") -> Response:
    """The form; a token in the address's fragment is sent by the page's script."""
    return page("sign_in.html", title="Sign in", goal=local_path(goal), fault=None)


@router.post("/sign-in")
async def sign_in(request: Request, parts: Parts) -> Response:
    """Checks the token with the core before it is kept."""
    fields = await _fields(request)
    token, goal = fields.get("token", ""), local_path(fields.get("next", "/"))
    try:
        await run_in_threadpool(parts.tokens.principal, token)
    except ServingError as error:
        return page("sign_in.html", error.status, title="Sign in", goal=goal, fault=str(error))
    answer = RedirectResponse(goal, 303)
    is_secure = request.url.scheme == "https"
    answer.set_cookie(
        COOKIE, token, COOKIE_SECONDS, httponly=True, samesite="strict", secure=is_secure
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    _require_own_origin(request)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


async def _fields(request: Request) -> dict[str, str]:
    _require_own_origin(request)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM_BYTES:
            raise FormTooLarge
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _require_own_origin(request: Request) -> None:
    """Another site must not sign anyone in or out. Raises ForeignOrigin."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignOrigin
