"""A vendor's latest orders, newest first, each in its newest state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec

from serving.overlay import Line, OrderStatus, VendorOrder
from warehouse.snapshot import Snapshot

# Live orders are laid over in Python, so the page is read with their places left free.
PUBLISHED = """
-- grain: one vendor order of one vendor, newest first
select
    vendor_order_id, order_id, shopper_pseudonym, status, placed_at,
    items_cents, shipping_cents, net_cents, units
from vendor_orders
where vendor_id = $vendor_id
    and ($status is null or status = $status)
    and not (vendor_order_id = any($changed::bigint[]))
    and ($placed_at is null or (placed_at, vendor_order_id) < ($placed_at, $vendor_order_id))
order by placed_at desc, vendor_order_id desc
limit $limit
"""

ITEMS = """
-- grain: one line of a recent vendor order
select vendor_order_id, line_id, offer_id, product_id, title, sku, quantity, line_cents
from recent_order_items
where vendor_id = $vendor_id and vendor_order_id in (select unnest($vendor_order_ids::bigint[]))
order by line_id
"""

IMAGES = """
-- grain: one offer of the vendor
select offer_id, image_url from offers
where vendor_id = $vendor_id and offer_id in (select unnest($offer_ids::bigint[]))
"""


class Place(NamedTuple):
    """Where a page ended."""

    placed_at: Annotated[datetime, msgspec.Meta(tz=True)]
    vendor_order_id: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class RecentOrder:
    """One vendor order; ``lines`` is empty where the snapshot no longer holds them."""

    vendor_order_id: int
    order_id: int
    shopper_pseudonym: int
    status: OrderStatus
    placed_at: datetime
    items_cents: int
    shipping_cents: int
    net_cents: int
    units: int
    lines: tuple[Line, ...] = ()

    @property
    def place(self) -> Place:
        return Place(self.placed_at, self.vendor_order_id)


def page(
    snapshot: Snapshot,
    vendor_id: int,
    live: Sequence[VendorOrder],
    *,
    status: OrderStatus | None,
    after: Place | None,
    limit: int,
) -> tuple[list[RecentOrder], Place | None]:
    """One page, and where it ended if more follow."""
    changed = [_from_fact(order) for order in live if status is None or order.status == status]
    published = _published(
        snapshot,
        {
            "vendor_id": vendor_id,
            "status": status,
            "changed": [order.vendor_order_id for order in live],
            "placed_at": after and after.placed_at,
            "vendor_order_id": after and after.vendor_order_id,
            "limit": limit + 1,
        },
    )
    newer = [order for order in changed if after is None or order.place < after]
    found = sorted(newer + published, key=lambda order: order.place, reverse=True)
    shown = _with_lines(snapshot, vendor_id, found[:limit])
    return shown, shown[-1].place if len(found) > limit else None


def images(
    snapshot: Snapshot, vendor_id: int, orders: Iterable[RecentOrder]
) -> dict[int, str | None]:
    """The picture of each offer in these orders of the vendor."""
    offer_ids = sorted({line.offer_id for order in orders for line in order.lines})
    asked = {"vendor_id": vendor_id, "offer_ids": offer_ids}
    return dict(snapshot.rows(IMAGES, asked)) if offer_ids else {}


def _published(snapshot: Snapshot, parameters: dict[str, Any]) -> list[RecentOrder]:
    return [RecentOrder(*row) for row in snapshot.rows(PUBLISHED, parameters)]


def _with_lines(snapshot: Snapshot, vendor_id: int, orders: list[RecentOrder]) -> list[RecentOrder]:
    without = [order.vendor_order_id for order in orders if not order.lines]
    lines: dict[int, list[Line]] = {}
    asked = {"vendor_id": vendor_id, "vendor_order_ids": without}
    for vendor_order_id, *line in snapshot.rows(ITEMS, asked):
        lines.setdefault(vendor_order_id, []).append(Line(*line))
    return [
        replace(order, lines=order.lines or tuple(lines.get(order.vendor_order_id, ())))
        for order in orders
    ]


def _from_fact(order: VendorOrder) -> RecentOrder:
    return RecentOrder(
        order.vendor_order_id,
        order.order_id,
        order.shopper_pseudonym,
        order.status,
        order.placed_at,
        order.items_cents,
        order.shipping_cents,
        order.net_cents,
        order.units,
        order.lines,
    )
