"""Routes of vendor orders: what a vendor sees and does, the most urgent first."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from transactional import ids
from transactional.access.tokens import Caller
from transactional.database import Row, Transaction
from transactional.errors import ForbiddenError
from transactional.http.market import OnceOnly, Running, VendorOrOperator
from transactional.http.vendor_order_answers import VendorOrder, VendorOrderStatus
from transactional.http.wire import (
    Body,
    Limit,
    Page,
    VendorId,
    VendorOrderId,
    page,
)
from transactional.ordering import fulfilment, vendor_orders
from transactional.ordering.fulfilment import Shipment

router = APIRouter(tags=["vendor orders"])
DEFAULT_PAGE = 20


class ShipmentBody(Body):
    carrier: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    tracking_code: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @property
    def shipment(self) -> Shipment:
        return Shipment(self.carrier, self.tracking_code)


@router.get("/v1/vendor-orders")
def list_vendor_orders(
    who: VendorOrOperator,
    market: Running,
    vendor: Annotated[VendorId | None, Query()] = None,
    status: VendorOrderStatus | None = None,
    sort: Literal["newest", "priority"] = "newest",
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[VendorOrder]:
    """A vendor's orders, newest first, page by page. With `sort=priority` the paid ones in the
    order in which to ship them, each saying why: that list has no cursor, its head is what counts.
    """
    vendor_id = _vendor_of(who, vendor)
    if sort == "priority":
        return _worklist(market, vendor_id, limit)
    before = None if cursor is None else ids.internal("vor", cursor)
    with market.database.transaction() as connection:
        rows = vendor_orders.list_of_vendor(connection, vendor_id, status, before, limit)
    return page(VendorOrder, rows, limit, "vor", "vendor_order_id")


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
        return VendorOrder.of(fulfilment.ship(connection, vendor_order_id, body.shipment, now))

    return once.answer(200, work)


@router.put("/v1/vendor-orders/{vendor_order_id}/tracking")
def track(
    vendor_order_id: VendorOrderId, body: ShipmentBody, who: VendorOrOperator, market: Running
) -> VendorOrder:
    """Name the carrier and code of what is under way, or correct them."""
    with market.database.transaction() as connection:
        _own(connection, who, vendor_order_id)
        row = fulfilment.track(connection, vendor_order_id, body.shipment, market.clock())
    return VendorOrder.of(row)


@router.post("/v1/vendor-orders/{vendor_order_id}/deliver", response_model=VendorOrder)
def deliver(vendor_order_id: VendorOrderId, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    def work(connection: Transaction) -> VendorOrder:
        _own(connection, who, vendor_order_id)
        return VendorOrder.of(fulfilment.deliver(connection, vendor_order_id, once.market.clock()))

    return once.answer(200, work)


@router.post("/v1/vendor-orders/{vendor_order_id}/cancel", response_model=VendorOrder)
def cancel(vendor_order_id: VendorOrderId, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    """Give up what is paid and not shipped: its units are free again, its money goes back."""
    reason: fulfilment.CancelReason = "vendor" if who.role == "vendor" else "operator"

    def work(connection: Transaction) -> VendorOrder:
        _own(connection, who, vendor_order_id)
        now = once.market.clock()
        return VendorOrder.of(fulfilment.cancel(connection, vendor_order_id, reason, now))

    return once.answer(200, work)


def _worklist(market: Running, vendor_id: int, limit: int) -> Page[VendorOrder]:
    with market.database.transaction() as connection:
        rows = vendor_orders.most_urgent(connection, vendor_id, market.clock(), limit)
    return Page(data=VendorOrder.of_all(rows), next_cursor=None)


def _vendor_of(who: Caller, vendor: int | None) -> int:
    own = who.subject_id if who.role == "vendor" else vendor
    if own is None or vendor not in (None, own):
        raise ForbiddenError(
            "a vendor sees its own orders; an operator names one with ?vendor=ven_…"
        )
    return own


def _own(connection: Transaction, who: Caller, vendor_order_id: int) -> Row:
    """A foreign vendor order is as good as none."""
    found = vendor_orders.read(connection, vendor_order_id)
    if who.role == "vendor" and found["vendor_id"] != who.subject_id:
        raise vendor_orders.VendorOrderUnknownError
    return found
