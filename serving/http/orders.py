"""``GET /v1/vendors/{id}/recent-orders``: the vendor's latest orders, within moments of each."""

import hashlib
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from serving import recent_orders
from serving.follower import View
from serving.http.asking import UNCHANGED, Freshness, Now, OwnVendor, conditional, etag_of
from serving.http.cursors import LONGEST, cursor, place
from serving.overlay import Line, OrderStatus
from serving.recent_orders import Place, RecentOrder

LIMIT_DEFAULT, LIMIT_AT_MOST = 20, 100
CUSTOMER_LABEL_LENGTH = 6

router = APIRouter(tags=["vendors"])


class LineBody(BaseModel):
    offer_id: str
    product_id: str
    title: str
    sku: str
    quantity: int
    line_cents: int
    image_url: str | None


class OrderBody(BaseModel):
    """``customer`` is the same short word for the same shopper, and says nothing else of them."""

    vendor_order_id: str
    order_id: str
    status: OrderStatus
    placed_at: datetime
    customer: str
    units: int
    items_cents: int
    shipping_cents: int
    total_cents: int
    net_cents: int
    lines: list[LineBody]


class RecentOrders(BaseModel):
    currency: str
    items: list[OrderBody]
    next_cursor: str | None
    freshness: Freshness


@router.get(
    "/v1/vendors/{vendor_id}/recent-orders",
    response_model=RecentOrders,
    responses=UNCHANGED,
)
def vendor_recent_orders(
    request: Request,
    vendor_id: OwnVendor,
    view: Now,
    status: OrderStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_AT_MOST)] = LIMIT_DEFAULT,
    after: Annotated[str | None, Query(alias="cursor", max_length=LONGEST)] = None,
) -> Response:
    """Newest first, unpaid and cancelled ones included unless a status is asked for."""
    start = place("orders", after, Place)
    build = partial(_answer, view, vendor_id, status, start, limit)
    etag = etag_of(view, view.overlay.position_of_vendor(vendor_id))
    return conditional(request, view, etag, build)


def _answer(
    view: View, vendor_id: int, status: OrderStatus | None, after: Place | None, limit: int
) -> RecentOrders:
    snapshot = view.published.snapshot
    live = view.overlay.for_vendor(vendor_id)
    orders, end = recent_orders.page(
        snapshot, vendor_id, live, status=status, after=after, limit=limit
    )
    images = recent_orders.images(snapshot, vendor_id, orders)
    return RecentOrders(
        currency=snapshot.manifest.currency,
        items=[_order(vendor_id, order, images) for order in orders],
        next_cursor=cursor("orders", end),
        freshness=Freshness.of(view),
    )


def _order(vendor_id: int, order: RecentOrder, images: dict[int, str | None]) -> OrderBody:
    return OrderBody(
        vendor_order_id=f"vor_{order.vendor_order_id}",
        order_id=f"ord_{order.order_id}",
        status=order.status,
        placed_at=order.placed_at,
        customer=_label(vendor_id, order.shopper_pseudonym),
        units=order.units,
        items_cents=order.items_cents,
        shipping_cents=order.shipping_cents,
        total_cents=order.items_cents + order.shipping_cents,
        net_cents=order.net_cents,
        lines=[_line(line, images.get(line.offer_id)) for line in order.lines],
    )


def _line(line: Line, image_url: str | None) -> LineBody:
    return LineBody(
        offer_id=f"off_{line.offer_id}",
        product_id=f"prd_{line.product_id}",
        title=line.title,
        sku=line.sku,
        quantity=line.quantity,
        line_cents=line.line_cents,
        image_url=image_url,
    )


def _label(vendor_id: int, shopper_pseudonym: int) -> str:
    """The same shopper has another label at each vendor: two of them cannot compare their lists."""
    digest = hashlib.sha256(f"{vendor_id}:{shopper_pseudonym}".encode()).hexdigest()
    return digest[:CUSTOMER_LABEL_LENGTH].upper()
