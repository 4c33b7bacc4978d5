"""What a batch of orders is written as: keys drawn for every row, and the rows column by column."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import astuple
from psycopg import Cursor

from transactional.arrays import array
from transactional.checkout.pricing import CostedLine, CostedOrder, VendorPart
from transactional.database import Row, Transaction, statement

ORDER_COLUMNS = (
    "order_id", "shopper_id", "shopper_pseudonym", "items_cents", "shipping_cents",
    "discount_cents", "tax_cents", "placed_at",
)  # fmt: skip
PART_COLUMNS = (
    "vendor_order_id", "order_id", "vendor_id", "items_cents", "shipping_cents", "discount_cents",
    "tax_cents", "withheld_tax_cents", "commission_cents", "commission_tax_cents",
    "processing_cents", "net_cents", "units", "weight_grams", "deliver_by_date",
)  # fmt: skip
LINE_COLUMNS = (
    "line_id", "order_id", "vendor_order_id", "vendor_id", *CostedLine.__struct_fields__
)  # fmt: skip


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


def columns(keyed: Sequence[Keyed], pseudonyms: Mapping[int, int]) -> dict[str, str]:
    """Parameters of sql/place_orders.sql; `pseudonyms` are the shoppers', by shopper id."""
    destinations = [
        {"country": one.purchase.order.ship_to_country, "address": one.purchase.ship_to}
        for one in keyed
    ]
    return {
        **_named("order", ORDER_COLUMNS, _order_rows(keyed, pseudonyms)),
        **_named("part", PART_COLUMNS, _part_rows(keyed)),
        **_named("line", LINE_COLUMNS, _line_rows(keyed)),
        "ship_to": msgspec.json.encode(destinations).decode(),
    }


def answer_columns(answered: Sequence[Answered]) -> dict[str, Any]:
    """Parameters of sql/place_orders.sql; what people wrote goes as it is."""
    return {
        "answered_principal": array(one.principal for one in answered),
        "answered_key": [one.key for one in answered],
        "answered_request_hash": [one.request_hash for one in answered],
        "answered_body": [one.body for one in answered],
        "answered_subject": array(one.subject for one in answered),
        "answered_request_id": array(one.request_id for one in answered),
    }


def _named(table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, str]:
    return {
        f"{table}_{name}": array(column)
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


def _keyed_parts(
    order: CostedOrder, vendor_order_ids: Iterator[int], line_ids: Iterator[int]
) -> list[tuple[int, VendorPart, list[int]]]:
    return [
        (next(vendor_order_ids), part, [next(line_ids) for _ in part.lines]) for part in order.parts
    ]


def _order_rows(keyed: Sequence[Keyed], pseudonyms: Mapping[int, int]) -> Iterator[tuple[Any, ...]]:
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
            purchase.placed_at,
        )


def _part_rows(keyed: Sequence[Keyed]) -> Iterator[tuple[Any, ...]]:
    for one in keyed:
        for vendor_order_id, part, _ in one.parts:
            yield (
                vendor_order_id,
                one.order_id,
                part.vendor_id,
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
                part.weight_grams,
                part.deliver_by_date,
            )


def _line_rows(keyed: Sequence[Keyed]) -> Iterator[tuple[Any, ...]]:
    for one in keyed:
        for vendor_order_id, part, line_ids in one.parts:
            for line_id, line in zip(line_ids, part.lines, strict=True):
                yield (line_id, one.order_id, vendor_order_id, part.vendor_id, *astuple(line))
