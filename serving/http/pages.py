"""The pages: who may open them, and how they leave. What they show they fetch from ``/v1``."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from serving import charts
from serving.errors import ServingError, Unauthenticated
from serving.follower import View
from serving.http.asking import Caller, Now, Operator, OwnVendor, Parts
from serving.http.metric_bodies import DefinitionBody
from serving.http.recommendations import asking
from serving.suggestions import Suggestion
from warehouse.metrics import Scope, of_scope

FOLDER = Path(__file__).parents[1] / "pages"
STATIC = FOLDER / "static"
VENDORS_LISTED = 24
SHELF_LENGTH = 12
USUAL_FIGURES = ("revenue", "orders", "customers", "average_order_value")
USUAL_MARKET_FIGURES = ("gmv_paid", "take_rate", "active_vendors", "payment_success")
A_YEAR_SECONDS = 365 * 24 * 3600

# Scripts and styles come from here alone; pictures of products may come from their vendors.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' https: data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

templates = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def page(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    body = templates.get_template(template).render(script_version=charts.SCRIPT_VERSION, **context)
    return HTMLResponse(body, status, HEADERS)


class PageRoute(APIRoute):
    """A route for people: who is not signed in is shown the way, and an error is a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_people(request: Request) -> Response:
            try:
                return await answer(request)
            except Unauthenticated:
                goal = f"{request.url.path}?{request.url.query}".rstrip("?")
                return RedirectResponse(f"/sign-in?next={quote(goal)}", 303)
            except ServingError as error:
                return page("error.html", error.status, error=error, title="Not here")

        return answer_people


router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/")
def index(who: Caller, view: Now, parts: Parts, q: str = "") -> Response:
    """What is here for whoever signed in."""
    if who.role == "vendor" and who.sub:
        return RedirectResponse(f"/vendors/{who.sub}", 303)
    shopper = asking(who)
    again = parts.recommender.again(view, shopper, SHELF_LENGTH)
    due = {item.offer.product_id for item in again.items}
    # As many more as may be due: what stands on the lower shelf need not fill the upper one, too.
    shelf = parts.recommender.suggest(view, shopper, SHELF_LENGTH + len(due))
    others = [item for item in shelf.items if item.offer.product_id not in due]
    return page(
        "index.html",
        title="Market",
        who=who,
        query=q,
        vendors=[] if who.role == "shopper" else _vendors(view, q),
        vendor_count=len(view.published.vendor_names),
        shelf=[_tile(item) for item in others[:SHELF_LENGTH]],
        again=[_tile(item) for item in again.items],
        currency=view.published.snapshot.manifest.currency,
        is_fallback=shelf.model_version is None,
    )


@router.get("/vendors/{vendor_id}")
def vendor(vendor_id: OwnVendor, who: Caller, view: Now) -> Response:
    """A vendor's figures, for itself or for who runs the market."""
    manifest = view.published.snapshot.manifest
    return page(
        "vendor.html",
        title=view.vendor_name(vendor_id),
        vendor_id=f"ven_{vendor_id}",
        is_own=who.role == "vendor",
        vendor_name=view.vendor_name(vendor_id),
        currency=manifest.currency,
        time_zone=manifest.time_zone,
        usual=USUAL_FIGURES,
        scope="vendor",
        definitions=_definitions("vendor"),
        chart_definition=charts.figure_and_orders(),
        forecast_definition=charts.demand(),
    )


@router.get("/market")
def market(who: Operator, view: Now) -> Response:
    """The whole market's figures, for who runs it."""
    manifest = view.published.snapshot.manifest
    return page(
        "market.html",
        title="The market",
        currency=manifest.currency,
        time_zone=manifest.time_zone,
        usual=USUAL_MARKET_FIGURES,
        scope="market",
        definitions=_definitions("market"),
        chart_definition=charts.figure_and_orders(),
    )


@router.get("/docs")
def docs(request: Request) -> Response:
    """The API for people, from the same document that programs read."""
    return page("docs.html", title="API", document=request.app.openapi())


@router.get(f"/assets/vega-{charts.SCRIPT_VERSION}.js")
def vega() -> Response:
    headers = {
        "Content-Encoding": "gzip",
        "Cache-Control": f"public, max-age={A_YEAR_SECONDS}, immutable",
    }
    return Response(charts.script(), headers=headers, media_type="text/javascript")


def _vendors(view: View, query: str) -> list[tuple[str, str]]:
    wanted = query.casefold().strip()
    found = [
        (f"ven_{vendor_id}", name)
        for vendor_id, name in view.published.vendor_names.items()
        if wanted in name.casefold() or wanted == f"ven_{vendor_id}"
    ]
    return sorted(found, key=lambda vendor: vendor[1].casefold())[:VENDORS_LISTED]


def _definitions(scope: Scope) -> list[dict[str, Any]]:
    """The registry, for the page to choose from."""
    return [
        DefinitionBody.of(metric).model_dump(mode="json") for metric in of_scope(scope).values()
    ]


def _tile(item: Suggestion) -> dict[str, Any]:
    return {"offer": item.offer, "why": item.reason}


def local_path(address: str) -> str:
    """The address if it is a path of this site, else the front page."""
    parts = urlsplit(address)
    is_local = not parts.scheme and not parts.netloc and address.startswith("/")
    return address if is_local and not address.startswith(("//", "/\\")) else "/"
