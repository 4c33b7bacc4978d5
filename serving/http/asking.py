"""What every route asks first: who is there, and what can be answered from."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import Depends, Path, Query, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from models.recommendations import Recommendations
from serving import spans
from serving.errors import ProductUnknown, Unauthenticated, VendorUnknown
from serving.follower import Follower, View
from serving.published import Published
from serving.recent_behaviour import RecentBehaviour
from serving.recommender import Recommender
from serving.spans import Span
from serving.tokens import Principal, Tokens
from serving.watcher import Watcher

COOKIE = "rynek_token"
VENDOR_ID = re.compile(r"ven_([1-9][0-9]{0,17})")
PRODUCT_ID = re.compile(r"prd_([1-9][0-9]{0,17})")


@dataclass(frozen=True)
class Serving:
    """The parts that answer requests; one set per process."""

    tokens: Tokens
    published: Watcher[Published]
    follower: Follower
    model: Watcher[Recommendations]
    recent: Watcher[RecentBehaviour]
    recommender: Recommender


def serving(request: Request) -> Serving:
    return cast(Serving, request.app.state.serving)


Parts = Annotated[Serving, Depends(serving)]

bearer = HTTPBearer(auto_error=False, description="A token of the core: rk_<role>_…")
cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="The same token, set by /sign-in.")


def caller(
    parts: Parts,
    sent: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    kept: Annotated[str | None, Security(cookie)],
) -> Principal:
    """Whose token came with the request. Raises Unauthenticated, and what introspection raises."""
    token = sent.credentials if sent else kept
    if not token:
        raise Unauthenticated
    return parts.tokens.principal(token)


Caller = Annotated[Principal, Depends(caller)]


def operator(who: Caller) -> Principal:
    """Whoever runs the market. Raises RoleNotAllowed."""
    who.require_operator()
    return who


Operator = Annotated[Principal, Depends(operator)]


def view(parts: Parts) -> View:
    """Read once per request, so that file, S, P and overlay belong together."""
    return parts.follower.view


Now = Annotated[View, Depends(view)]


def own_vendor(
    who: Caller,
    view: Now,
    vendor_id: Annotated[str, Path(description="Like ven_12.", examples=["ven_12"])],
) -> int:
    """The vendor of the address, which the caller may see. Raises VendorUnknown, ForeignFigures."""
    matched = VENDOR_ID.fullmatch(vendor_id)
    if matched is None:
        raise VendorUnknown(f"{vendor_id!r} is no vendor id; they look like ven_12.")
    number = int(matched[1])
    who.require_vendor(number)
    view.vendor_name(number)
    return number


OwnVendor = Annotated[int, Depends(own_vendor)]


def product_number(
    product_id: Annotated[str, Path(description="Like prd_7.", examples=["prd_7"])],
) -> int:
    """Raises ProductUnknown."""
    matched = PRODUCT_ID.fullmatch(product_id)
    if matched is None:
        raise ProductUnknown(f"{product_id!r} is no product id; they look like prd_7.")
    return int(matched[1])


ProductId = Annotated[int, Depends(product_number)]


def asked_span(
    view: Now,
    first: Annotated[str | None, Query(alias="from", description="First day.")] = None,
    last: Annotated[
        str | None, Query(alias="to", description="Last day; today if left out.")
    ] = None,
) -> Span:
    """The days that ``from`` and ``to`` name. Raises DatesInvalid."""
    return spans.requested(first, last, view.today)


AskedSpan = Annotated[Span, Depends(asked_span)]

UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client holds this answer already."}
}


class Freshness(BaseModel):
    """How far an answer reaches: the snapshot's end, and the last fact laid over it."""

    data_through: datetime
    snapshot_id: str
    snapshot_through: datetime
    live_position: int
    live_through: datetime | None

    @classmethod
    def of(cls, view: View) -> "Freshness":
        manifest = view.published.snapshot.manifest
        return cls(
            data_through=view.data_through,
            snapshot_id=manifest.snapshot_id,
            snapshot_through=manifest.data_through,
            live_position=view.position,
            live_through=view.live_through,
        )


def conditional(
    request: Request, view: View, etag: str, build: Callable[[], BaseModel]
) -> Response:
    """The answer under its name, or 304 when the client already holds it (RFC 9110).

    ``Data-Through`` says how far the answer reaches even when nothing changed.
    """
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Data-Through": view.data_through.isoformat(),
    }
    held = request.headers.get("if-none-match", "").split(",")
    if etag in (tag.strip().removeprefix("W/") for tag in held):
        return Response(status_code=304, headers=headers)
    return Response(build().model_dump_json(), headers=headers, media_type="application/json")


def etag_of(view: View, *parts: object) -> str:
    """The snapshot's id, then what else the answer depends on."""
    return '"' + ".".join(map(str, (view.published.snapshot.snapshot_id, *parts))) + '"'
