"""Routes of vendor orders: what a vendor sees and does."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional import fulfilment, ids
from transactional.database import Row, Transaction
from transactional.errors import ForbiddenError
from transactional.http.market import OnceOnly, Running, VendorOrOperator
from transactional.http.wire import (
    Answer,
    Body,
    Limit,
    LineId,
    OfferId,
    OrderId,
    Page,
    ProductId,
    VendorId,
    VendorOrderId,
    page,
)
from transactional.tokens import Caller

router = APIRouter(tags=["vendor orders"])
DEFAULT_PAGE = 20

VendorOrderStatus = Literal["pending_payment", "paid", "shipped", "delivered", "cancelled"]


class ShipmentBody(Body):
    tracking_code: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class VendorLine(Answer):
    line_id: LineId
    offer_id: OfferId
    product_id: ProductId
    title: str
    sku: str
    quantity: int
    line_cents: int
    shipping_cents: int
    commission_cents: int
    processing_cents: int


class VendorOrder(Answer):
    vendor_order_id: VendorOrderId
    order_id: OrderId
    vendor_id: VendorId
    status: VendorOrderStatus
    items_cents: int
    shipping_cents: int
    commission_cents: int
    processing_cents: int
    net_cents: int
    units: int
    placed_at: AwareDatetime
    paid_at: AwareDatetime | None
    shipped_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    cancelled_at: AwareDatetime | None
    tracking_code: str | None
    version: int
    lines: list[VendorLine]


@router.get("/v1/vendor-orders")
def list_vendor_orders(
    who: VendorOrOperator,
    market: Running,
    vendor: Annotated[VendorId | None, Query()] = None,
    status: VendorOrderStatus | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[VendorOrder]:
    vendor_id = _vendor_of(who, vendor)
    before = None if cursor is None else ids.internal("vor", cursor)
    with market.database.transaction() as connection:
        rows = fulfilment.list_of_vendor(connection, vendor_id, status, before, limit)
    last_key = rows[-1]["vendor_order_id"] if rows else None
    return page(VendorOrder.of_all(rows), limit, "vor", last_key)


@router.get("/v1/vendor-orders/{vendor_order_id}")
def read_vendor_order(
    vendor_order_id: VendorOrderId, who: VendorOrOperator, market: Running
) -> VendorOrder:
    with market.database.transaction() as connection:
        return VendorOrder.of(_own(connection, who, vendor_order_id))


@router.post("/v1/vendor-orders/{vendor_order_id}/ship", response_model=VendorOrder)
def ship(
    vendor_order_id: VendorOrderId, body: ShipmentBody, who: VendorOrOperator, once: OnceOnly
) -> JSONResponse:
    def work(connection: Transaction) -> VendorOrder:
        _own(connection, who, vendor_order_id)
        now = once.market.clock()
        return VendorOrder.of(fulfilment.ship(connection, vendor_order_id, body.tracking_code, now))

    return once.answer(200, work)


@router.post("/v1/vendor-orders/{vendor_order_id}/deliver", response_model=VendorOrder)
def deliver(vendor_order_id: VendorOrderId, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    def work(connection: Transaction) -> VendorOrder:
        _own(connection, who, vendor_order_id)
        return VendorOrder.of(fulfilment.deliver(connection, vendor_order_id, once.market.clock()))

    return once.answer(200, work)


def _vendor_of(who: Caller, vendor: int | None) -> int:
    own = who.subject_id if who.role == "vendor" else vendor
    if own is None or vendor not in (None, own):
        raise ForbiddenError(
            "a vendor sees its own orders; an operator names one with ?vendor=ven_…"
        )
    return own


def _own(connection: Transaction, who: Caller, vendor_order_id: int) -> Row:
    """A foreign vendor order is as good as none."""
    found = fulfilment.read(connection, vendor_order_id)
    if who.role == "vendor" and found["vendor_id"] != who.subject_id:
        raise fulfilment.VendorOrderUnknownError
    return found
