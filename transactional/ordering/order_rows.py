"""What a batch of orders is written as: keys drawn for every row, and the rows as one JSON each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from transactional.checkout.pricing import CostedLine, CostedOrder, VendorPart
from transactional.database import Transaction, statement

Json = dict[str, Any]

LINE_COLUMNS = tuple(field.name for field in fields(CostedLine))
_values_of_line = attrgetter(*LINE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Purchase:
    """One shopper's costed cart at the moment it is placed."""

    shopper_id: int
    order: CostedOrder
    placed_at: datetime
    ship_to: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Keyed:
    """A purchase with the keys of its rows: of its order, and of each part with its lines."""

    purchase: Purchase
    order_id: int
    parts: Sequence[tuple[int, VendorPart, list[int]]]


def draw_keys(connection: Transaction, purchases: Sequence[Purchase]) -> list[Keyed]:
    """In the order of `purchases`; keys rise from part to part and from line to line."""
    parts = [part for purchase in purchases for part in purchase.order.parts]
    counts = {
        "orders": len(purchases),
        "vendor_orders": len(parts),
        "lines": sum(len(part.lines) for part in parts),
    }
    row = connection.execute(statement("new_keys"), counts).fetchone()
    assert row is not None, "the statement has exactly one row"
    vendor_order_ids, line_ids = iter(row["vendor_order_ids"]), iter(row["line_ids"])
    return [
        Keyed(purchase, order_id, _keyed_parts(purchase.order, vendor_order_ids, line_ids))
        for order_id, purchase in zip(row["order_ids"], purchases, strict=True)
    ]


def rows(keyed: Sequence[Keyed]) -> dict[str, Jsonb]:
    """The parameters of sql/place_orders.sql."""
    return {
        "orders": as_jsonb([_order_row(one) for one in keyed]),
        "vendor_orders": as_jsonb(
            [
                _vendor_order_row(vendor_order_id, one.order_id, part)
                for one in keyed
                for vendor_order_id, part, _ in one.parts
            ]
        ),
        "lines": as_jsonb([row for one in keyed for row in _line_rows(one)]),
    }


def as_jsonb(value: Any) -> Jsonb:
    """Dates and times are encoded as ISO 8601."""
    return Jsonb(value, dumps=msgspec.json.encode)


def _keyed_parts(
    order: CostedOrder, vendor_order_ids: Iterator[int], line_ids: Iterator[int]
) -> list[tuple[int, VendorPart, list[int]]]:
    return [
        (next(vendor_order_ids), part, [next(line_ids) for _ in part.lines]) for part in order.parts
    ]


def _order_row(keyed: Keyed) -> Json:
    purchase = keyed.purchase
    return {
        "order_id": keyed.order_id,
        "shopper_id": purchase.shopper_id,
        "items_cents": purchase.order.items_cents,
        "shipping_cents": purchase.order.shipping_cents,
        "discount_cents": purchase.order.discount_cents,
        "tax_cents": purchase.order.tax_cents,
        "ship_to_country": purchase.order.ship_to_country,
        "ship_to": purchase.ship_to,
        "placed_at": purchase.placed_at,
    }


def _vendor_order_row(vendor_order_id: int, order_id: int, part: VendorPart) -> Json:
    return {
        "vendor_order_id": vendor_order_id,
        "order_id": order_id,
        "vendor_id": part.vendor_id,
        "items_cents": part.items_cents,
        "shipping_cents": part.shipping_cents,
        "discount_cents": part.discount_cents,
        "tax_cents": part.tax_cents,
        "withheld_tax_cents": part.withheld_tax_cents,
        "commission_cents": part.commission_cents,
        "commission_tax_cents": part.commission_tax_cents,
        "processing_cents": part.processing_cents,
        "net_cents": part.net_cents,
        "units": part.units,
        "weight_grams": part.weight_grams,
        "deliver_by_date": part.deliver_by_date,
    }


def _line_rows(keyed: Keyed) -> Iterator[Json]:
    for vendor_order_id, part, line_ids in keyed.parts:
        for line_id, line in zip(line_ids, part.lines, strict=True):
            row = dict(zip(LINE_COLUMNS, _values_of_line(line), strict=True))
            row["line_id"] = line_id
            row["vendor_order_id"] = vendor_order_id
            row["order_id"] = keyed.order_id
            row["vendor_id"] = part.vendor_id
            yield row
