"""A vendor order as JSON: its money, its promise, its lines."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from transactional.http.wire import (
    Answer,
    LineId,
    OfferId,
    OrderId,
    ProductId,
    VendorId,
    VendorOrderId,
)
from transactional.ordering.priority import Promise

VendorOrderStatus = Literal["pending_payment", "paid", "shipped", "delivered", "cancelled"]


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


class Urgency(Answer):
    """Its place among what is to be shipped, and why."""

    promise: Promise
    days_late: int
    why: str


class VendorOrder(Answer):
    """`net_cents` less `vendor_refunded_cents` is the vendor's; `ship_by_at` is its promise."""

    vendor_order_id: VendorOrderId
    order_id: OrderId
    vendor_id: VendorId
    status: VendorOrderStatus
    items_cents: int
    shipping_cents: int
    discount_cents: int
    tax_cents: int
    withheld_tax_cents: int
    commission_cents: int
    commission_tax_cents: int
    processing_cents: int
    net_cents: int
    refunded_cents: int
    vendor_refunded_cents: int
    units: int
    placed_at: AwareDatetime
    paid_at: AwareDatetime | None
    ship_by_at: AwareDatetime | None
    deliver_by_date: date | None
    shipped_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    cancelled_at: AwareDatetime | None
    cancel_reason: str | None
    carrier: str | None
    tracking_code: str | None
    version: int
    lines: list[VendorLine]
    urgency: Urgency | None = None
