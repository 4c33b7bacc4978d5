"""How an order looks to its shopper: read back, and told straight from what was just written."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, Field

from transactional import ids
from transactional.checkout.offered import Offered
from transactional.checkout.pricing import CostedLine, VendorPart
from transactional.http.wire import (
    Answer,
    LineId,
    OfferId,
    OrderId,
    ProductId,
    ShopperId,
    VendorId,
    VendorOrderId,
)
from transactional.ordering.order_rows import Keyed

Json = dict[str, Any]


class Line(Answer):
    """`line_cents` is what is left of the list price after the discount; tax is inside it."""

    line_id: LineId
    offer_id: OfferId
    product_id: ProductId
    title: str
    sku: str
    quantity: int
    line_cents: int
    shipping_cents: int
    discount_cents: int
    tax_cents: int


class Part(Answer):
    """A vendor order as its shopper sees it: the vendor's fees are the vendor's business."""

    vendor_order_id: VendorOrderId
    vendor_id: VendorId
    status: str
    items_cents: int
    shipping_cents: int
    discount_cents: int
    tax_cents: int
    refunded_cents: int
    units: int
    deliver_by_date: date | None = Field(description="When it should be delivered at the latest.")
    shipped_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    cancelled_at: AwareDatetime | None
    cancel_reason: str | None
    carrier: str | None
    tracking_code: str | None
    lines: list[Line]


class Order(Answer):
    order_id: OrderId
    shopper_id: ShopperId
    status: str
    items_cents: int
    shipping_cents: int
    discount_cents: int
    tax_cents: int
    total_cents: int
    refunded_cents: int
    ship_to_country: str | None
    placed_at: AwareDatetime
    paid_at: AwareDatetime | None
    cancelled_at: AwareDatetime | None
    hold_expires_at: AwareDatetime | None
    payment_status: str | None
    payment_failure_code: str | None
    vendor_orders: list[Part]


def newly_placed(keyed: Keyed, offers: Mapping[int, Offered], hold_expires_at: datetime) -> Json:
    """What reading the order gives while nothing has happened to it, without reading it."""
    purchase, order = keyed.purchase, keyed.purchase.order
    items_cents, shipping_cents = order.items_cents, order.shipping_cents
    return {
        "order_id": ids.external("ord", keyed.order_id),
        "shopper_id": ids.external("shp", purchase.shopper_id),
        "status": "pending_payment",
        "items_cents": items_cents,
        "shipping_cents": shipping_cents,
        "discount_cents": order.discount_cents,
        "tax_cents": order.tax_cents,
        "total_cents": items_cents + shipping_cents,
        "refunded_cents": 0,
        "ship_to_country": order.ship_to_country,
        "placed_at": purchase.placed_at,
        "paid_at": None,
        "cancelled_at": None,
        "hold_expires_at": hold_expires_at,
        "payment_status": None,
        "payment_failure_code": None,
        "vendor_orders": [_part(*part, offers) for part in keyed.parts],
    }


def _part(
    vendor_order_id: int, part: VendorPart, line_ids: list[int], offers: Mapping[int, Offered]
) -> Json:
    return {
        "vendor_order_id": ids.external("vor", vendor_order_id),
        "vendor_id": ids.external("ven", part.vendor_id),
        "status": "pending_payment",
        "items_cents": part.items_cents,
        "shipping_cents": part.shipping_cents,
        "discount_cents": part.discount_cents,
        "tax_cents": part.tax_cents,
        "refunded_cents": 0,
        "units": part.units,
        "deliver_by_date": part.deliver_by_date,
        "shipped_at": None,
        "delivered_at": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "carrier": None,
        "tracking_code": None,
        "lines": list(_lines(part.lines, line_ids, offers)),
    }


def _lines(
    lines: tuple[CostedLine, ...], line_ids: list[int], offers: Mapping[int, Offered]
) -> Iterator[Json]:
    for line_id, line in zip(line_ids, lines, strict=True):
        offer = offers[line.offer_id]
        yield {
            "line_id": ids.external("lin", line_id),
            "offer_id": ids.external("off", line.offer_id),
            "product_id": ids.external("prd", line.product_id),
            "title": offer.title,
            "sku": offer.sku,
            "quantity": line.quantity,
            "line_cents": line.line_cents,
            "shipping_cents": line.shipping_cents,
            "discount_cents": line.discount_cents,
            "tax_cents": line.tax_cents,
        }
