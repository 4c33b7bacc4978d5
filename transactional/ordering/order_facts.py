"""The facts of orders just placed, told straight from what is written.

They are what sql/vendor_order_facts.sql tells of these rows, which a test compares.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transactional.checkout.offered import Offered
from transactional.checkout.pricing import CostedLine, VendorPart
from transactional.ordering.order_rows import Keyed

Json = dict[str, Any]


def placed(
    keyed: Sequence[Keyed], pseudonyms: Mapping[int, int], offers: Mapping[int, Offered]
) -> list[Json]:
    """The payload of each vendor order's `vendor_order.changed`, in the order of their keys."""
    return [
        _payload(one, pseudonyms[one.purchase.shopper_id], *part, offers)
        for one in keyed
        for part in one.parts
    ]


def _payload(
    keyed: Keyed,
    shopper_pseudonym: int,
    vendor_order_id: int,
    part: VendorPart,
    line_ids: Sequence[int],
    offers: Mapping[int, Offered],
) -> Json:
    return {
        "vendor_order_id": vendor_order_id,
        "order_id": keyed.order_id,
        "vendor_id": part.vendor_id,
        "shopper_pseudonym": shopper_pseudonym,
        "status": "pending_payment",
        "placed_at": keyed.purchase.placed_at,
        "paid_at": None,
        "shipped_at": None,
        "delivered_at": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "ship_by_at": None,
        "deliver_by_date": part.deliver_by_date,
        "items_cents": part.items_cents,
        "shipping_cents": part.shipping_cents,
        "commission_cents": part.commission_cents,
        "processing_cents": part.processing_cents,
        "net_cents": part.net_cents,
        "refunded_cents": 0,
        "units": part.units,
        "lines": list(_lines(part.lines, line_ids, offers)),
    }


def _lines(
    lines: Sequence[CostedLine], line_ids: Sequence[int], offers: Mapping[int, Offered]
) -> Iterator[Json]:
    for line_id, line in zip(line_ids, lines, strict=True):
        offer = offers[line.offer_id]
        yield {
            "line_id": line_id,
            "offer_id": line.offer_id,
            "product_id": line.product_id,
            "title": offer.title,
            "sku": offer.sku,
            "quantity": line.quantity,
            "line_cents": line.line_cents,
        }
