"""What a batch of orders is written as: keys drawn for every row, and the rows table by table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import astuple
from psycopg import Cursor

from transactional.arrays import Texts, array, rows
from transactional.checkout.pricing import CostedOrder, VendorPart
from transactional.database import Row, Transaction, statement


class Purchase(Struct, frozen=True):
    """One shopper's costed cart at the moment it is placed."""

    shopper_id: int
    order: CostedOrder
    placed_at: datetime
    ship_to: Mapping[str, Any] | None = None


class Keyed(Struct, frozen=True):
    """A purchase with the keys of its rows: of its order, and of each part with its lines."""

    purchase: Purchase
    order_id: int
    parts: Sequence[tuple[int, VendorPart, list[int]]]


class Answered(Struct, frozen=True):
    """An order's request and the answer to it: `body`, in JSON, is given to whoever repeats it."""

    principal: str
    key: str
    request_hash: bytes
    body: str
    subject: str
    request_id: str | None


class Keys(Struct, frozen=True):
    """Drawn for so many orders and lines; no order has more parts than lines."""

    order_ids: Sequence[int]
    vendor_order_ids: Sequence[int]
    line_ids: Sequence[int]


def draw_keys(connection: Transaction, orders: int, lines: int) -> Callable[[], Keys]:
    """Keys for as many rows as there may be, before it is known how many there are.

    Sent at once; the call waits for the answer. Keys that nobody takes are lost.
    """
    cursor = connection.execute(
        statement("new_keys"), {"orders": orders, "vendor_orders": lines, "lines": lines}
    )
    return partial(_drawn, cursor)


def _drawn(cursor: Cursor[Row]) -> Keys:
    row = cursor.fetchone()
    assert row is not None, "the statement has exactly one row"
    return Keys(**row)


def keyed(keys: Keys, purchases: Sequence[Purchase]) -> list[Keyed]:
    """In the order of `purchases`; keys rise from part to part and from line to line."""
    vendor_order_ids, line_ids = iter(keys.vendor_order_ids), iter(keys.line_ids)
    return [
        Keyed(purchase, order_id, _keyed_parts(purchase.order, vendor_order_ids, line_ids))
        for order_id, purchase in zip(keys.order_ids, purchases, strict=False)
    ]


def columns(keyed: Sequence[Keyed], pseudonyms: Mapping[int, int]) -> dict[str, Any]:
    """Parameters of sql/place_orders.sql; `pseudonyms` are the shoppers', by shopper id."""
    return {
        "orders": rows(list(_order_rows(keyed, pseudonyms))),
        "ship_to": Texts(_address(one.purchase.ship_to) for one in keyed),
        "vendor_orders": rows(list(_part_rows(keyed, pseudonyms))),
        "vendor_order_ids": array(part[0] for one in keyed for part in one.parts),
        "lines": rows(list(_line_rows(keyed))),
    }


def answer_columns(answered: Sequence[Answered]) -> dict[str, Any]:
    """Parameters of sql/place_orders.sql."""
    return {
        "answers": rows(
            [
                (one.principal, one.request_hash.hex(), one.subject, one.request_id)
                for one in answered
            ]
        ),
        "answer_keys": Texts(one.key for one in answered),
        "answer_bodies": Texts(one.body for one in answered),
    }


def _address(ship_to: Mapping[str, Any] | None) -> str | None:
    return None if ship_to is None else msgspec.json.encode(ship_to).decode()


def _keyed_parts(
    order: CostedOrder, vendor_order_ids: Iterator[int], line_ids: Iterator[int]
) -> list[tuple[int, VendorPart, list[int]]]:
    return [
        (next(vendor_order_ids), part, [next(line_ids) for _ in part.lines]) for part in order.parts
    ]


def _order_rows(keyed: Sequence[Keyed], pseudonyms: Mapping[int, int]) -> Iterator[tuple[Any, ...]]:
    """Each as the type new_order."""
    for one in keyed:
        purchase, order = one.purchase, one.purchase.order
        yield (
            one.order_id,
            purchase.shopper_id,
            pseudonyms[purchase.shopper_id],
            order.items_cents,
            order.shipping_cents,
            order.discount_cents,
            order.tax_cents,
            order.ship_to_country,
            purchase.placed_at,
        )


def _part_rows(keyed: Sequence[Keyed], pseudonyms: Mapping[int, int]) -> Iterator[tuple[Any, ...]]:
    """Each as the type new_vendor_order."""
    for one in keyed:
        purchase = one.purchase
        for vendor_order_id, part, _ in one.parts:
            yield (
                vendor_order_id,
                one.order_id,
                part.vendor_id,
                pseudonyms[purchase.shopper_id],
                part.items_cents,
                part.shipping_cents,
                part.discount_cents,
                part.tax_cents,
                part.withheld_tax_cents,
                part.commission_cents,
                part.commission_tax_cents,
                part.processing_cents,
                part.net_cents,
                part.units,
                part.parcel.weight_grams,
                part.parcel.deliver_by_date,
                purchase.placed_at,
            )


def _line_rows(keyed: Sequence[Keyed]) -> Iterator[tuple[Any, ...]]:
    """Each as the type new_line, which ends as a costed line does."""
    for one in keyed:
        placed_at = one.purchase.placed_at
        for vendor_order_id, part, line_ids in one.parts:
            order_id, vendor_id = one.order_id, part.vendor_id
            for line_id, line in zip(line_ids, part.lines, strict=True):
                yield (line_id, order_id, vendor_order_id, vendor_id, placed_at, *astuple(line))
