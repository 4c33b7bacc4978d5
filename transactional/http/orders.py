"""Routes of quotes, orders and their payment."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional import carts, expiry, ids, orders
from transactional.carts import Wanted
from transactional.database import Transaction
from transactional.http.market import Anyone, Once, OnceOnly, Running, Shopper
from transactional.http.wire import (
    Answer,
    Body,
    Limit,
    LineId,
    OfferId,
    OrderId,
    Page,
    ProductId,
    ShopperId,
    VendorId,
    VendorOrderId,
    page,
)
from transactional.orders import Purchase
from transactional.pricing import CostedOrder
from transactional.stock import OutOfStockError
from transactional.tokens import Caller

router = APIRouter(tags=["orders"])
DEFAULT_PAGE = 20
MOST_LINES = 200
LARGEST_QUANTITY = 10_000


class WantedLine(Body):
    offer_id: OfferId
    quantity: Annotated[int, Field(strict=True, ge=1, le=LARGEST_QUANTITY)]


class CartBody(Body):
    lines: Annotated[list[WantedLine], Field(min_length=1, max_length=MOST_LINES)]

    def wanted(self) -> list[Wanted]:
        return [Wanted(line.offer_id, line.quantity) for line in self.lines]


class QuotedLine(Answer):
    offer_id: OfferId
    product_id: ProductId
    quantity: int
    line_cents: int
    shipping_cents: int


class QuotedPart(Answer):
    vendor_id: VendorId
    items_cents: int
    shipping_cents: int
    lines: list[QuotedLine]


class Quote(Answer):
    items_cents: int
    shipping_cents: int
    total_cents: int
    vendor_orders: list[QuotedPart]


class Line(Answer):
    line_id: LineId
    offer_id: OfferId
    product_id: ProductId
    title: str
    sku: str
    quantity: int
    line_cents: int
    shipping_cents: int


class VendorPart(Answer):
    """A vendor order as its shopper sees it: the vendor's fees are the vendor's business."""

    vendor_order_id: VendorOrderId
    vendor_id: VendorId
    status: str
    items_cents: int
    shipping_cents: int
    units: int
    shipped_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    tracking_code: str | None
    lines: list[Line]


class Order(Answer):
    order_id: OrderId
    shopper_id: ShopperId
    status: str
    items_cents: int
    shipping_cents: int
    total_cents: int
    placed_at: AwareDatetime
    paid_at: AwareDatetime | None
    cancelled_at: AwareDatetime | None
    hold_expires_at: AwareDatetime | None
    payment_status: str | None
    payment_failure_code: str | None
    vendor_orders: list[VendorPart]


@router.post("/v1/quote")
def quote(body: CartBody, _: Shopper, market: Running) -> Quote:
    """Today's price of a cart, split by vendor; holds nothing, so it needs no Idempotency-Key."""
    with market.database.transaction() as connection:
        return _quote(carts.quote(connection, body.wanted()))


@router.post("/v1/orders", status_code=201, response_model=Order)
def place_order(body: CartBody, who: Shopper, once: OnceOnly) -> JSONResponse:
    """All units are held for 15 minutes, or none are."""

    def place(connection: Transaction) -> Order:
        assert who.subject_id is not None, "the schema gives every shopper token its subject"
        now = once.market.clock()
        purchase = Purchase(who.subject_id, carts.quote(connection, body.wanted()), now)
        (order_id,) = orders.place(connection, [purchase], now)
        return order_answer(connection, order_id)

    try:
        return once.answer(201, place)
    except OutOfStockError as shortage:
        if not _free_lapsed_holds(once, shortage):
            raise
    return once.answer(201, place)


@router.get("/v1/orders")
def list_orders(
    who: Shopper, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[Order]:
    assert who.subject_id is not None, "the schema gives every shopper token its subject"
    before = None if cursor is None else ids.internal("ord", cursor)
    with market.database.transaction() as connection:
        rows = orders.list_of_shopper(connection, who.subject_id, before, limit)
    return page(Order.of_all(rows), limit, "ord", rows[-1]["order_id"] if rows else None)


@router.get("/v1/orders/{order_id}")
def read_order(order_id: OrderId, who: Anyone, market: Running) -> Order:
    with market.database.transaction() as connection:
        demand_own(connection, who, order_id)
        return order_answer(connection, order_id)


@router.post("/v1/orders/{order_id}/cancel", response_model=Order)
def cancel_order(order_id: OrderId, who: Anyone, once: OnceOnly) -> JSONResponse:
    """Before payment only."""

    def cancel(connection: Transaction) -> Order:
        demand_own(connection, who, order_id)
        orders.cancel(connection, order_id, once.market.clock())
        return order_answer(connection, order_id)

    return once.answer(200, cancel)


def _free_lapsed_holds(once: Once, shortage: OutOfStockError) -> int:
    """A hold counts only while it is alive, whether or not the sweeper came by."""
    return expiry.sweep(once.market.database, once.market.clock(), shortage.offer_ids)


def order_answer(connection: Transaction, order_id: int) -> Order:
    return Order.of(orders.read(connection, order_id))


def demand_own(connection: Transaction, who: Caller, order_id: int) -> None:
    """A foreign order is as good as none."""
    is_seen = who.role == "operator" or (
        who.role == "shopper" and orders.belongs_to(connection, order_id, who.subject_id)
    )
    if not is_seen:
        raise orders.OrderUnknownError


def _quote(order: CostedOrder) -> Quote:
    return Quote.of(
        {
            "items_cents": order.items_cents,
            "shipping_cents": order.shipping_cents,
            "total_cents": order.total_cents,
            "vendor_orders": [
                {
                    "vendor_id": part.vendor_id,
                    "items_cents": part.items_cents,
                    "shipping_cents": part.shipping_cents,
                    "lines": [asdict(line) for line in part.lines],
                }
                for part in order.parts
            ],
        }
    )
