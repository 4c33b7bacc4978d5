"""A request's envelope: who asks, under which key, with which form."""

import base64
import binascii
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from starlette.requests import Request

from rynek.local.stripe.answers import fingerprint
from rynek.local.stripe.form import decode
from rynek.local.stripe.ids import mint
from rynek.local.stripe.refusals import Json, TooLarge, Unauthorized
from rynek.local.stripe.store import PLATFORM

MAX_BODY_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Question:
    """A request after its envelope was opened."""

    method: str
    url_path: str
    path: dict[str, str]
    form: Json
    account: str
    key: str | None
    base_url: str
    request_id: str

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint(self.method, self.url_path, self.form)


async def opened(request: Request, request_id: str) -> Question:
    """Read a request's envelope. Raises Refusal for a bad key, body or form."""
    require_test_key(request.headers.get("authorization", ""))
    is_post = request.method == "POST"
    text = await body_of(request) if is_post else request.url.query
    return Question(
        method=request.method,
        url_path=request.url.path,
        path={**request.path_params, "route": request.url.path},
        form=decode(text),
        account=request.headers.get("stripe-account", PLATFORM),
        key=request.headers.get("idempotency-key") if is_post else None,
        base_url=str(request.base_url).rstrip("/"),
        request_id=request_id,
    )


async def body_of(request: Request) -> str:
    """The body as text. Raises TooLarge as soon as it passes the bound."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"A request holds at most {MAX_BODY_BYTES} bytes.")
    return body.decode("utf-8", errors="replace")


def require_test_key(authorization: str) -> None:
    """Accept `Bearer sk_test_...`, or the same key as the user of Basic authentication."""
    scheme, _, credential = authorization.partition(" ")
    key = basic_user(credential) if scheme.lower() == "basic" else credential.strip()
    if not key:
        raise Unauthorized(
            "You did not provide an API key. Send `Authorization: Bearer sk_test_…`."
        )
    if not key.startswith("sk_test_"):
        raise Unauthorized(
            "This is a stand-in for Stripe and takes only keys that begin with sk_test_. "
            "If a live key was sent here, two worlds are mixed: check STRIPE_API_BASE."
        )


def basic_user(credential: str) -> str:
    try:
        return base64.b64decode(credential, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def for_shopper(request: Request, form: Json) -> Question:
    """The shopper's bank asks on its own behalf, without a key (stand-in only)."""
    return Question(
        method=request.method,
        url_path=request.url.path,
        path=dict(request.path_params),
        form=form,
        account=PLATFORM,
        key=None,
        base_url=str(request.base_url).rstrip("/"),
        request_id=mint("req_"),
    )
