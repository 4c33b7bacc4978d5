"""A vendor's products over a span: what sold, how well lookers bought, and what is left.

Sales come from the snapshot's product days and are moved on by the vendor orders that changed
since; views and clicks stand as the snapshot has them.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from serving.errors import CursorInvalid
from serving.overlay import Overlay, VendorOrder
from serving.spans import Span
from warehouse.snapshot import Snapshot

SortKey = Literal["revenue", "orders", "units", "views", "conversion", "stock", "title"]

COLUMNS: dict[SortKey, str] = {
    "revenue": "sales_cents",
    "orders": "orders",
    "units": "units",
    "views": "views",
    "conversion": "conversion",
    "stock": "available_units",
    "title": "title",
}

# Two small questions: planning them as one costs more than joining their few rows here.
OFFERS = """
-- grain: one offer of the vendor
select
    offer_id, product_id, title, category, image_url, sku, price_cents,
    available_units, low_stock_threshold
from offers
where vendor_id = $vendor_id
order by offer_id
"""

SALES = """
-- grain: one product of the vendor that was sold or looked at in the span
select
    product_id,
    sum(orders)::bigint as orders,
    sum(units)::bigint as units,
    sum(sales_cents)::bigint as sales_cents,
    sum(views)::bigint as views
from product_daily
where vendor_id = $vendor_id and order_date between $first and $last
group by product_id
"""

COUNTED_BEFORE = """
-- grain: one vendor order that the product days already hold
select vendor_order_id from vendor_orders
where vendor_id = $vendor_id and is_counted and vendor_order_id in (select unnest($changed))
"""

OFFERS_SCHEMA = {
    "product_id": pl.Int64(),
    "title": pl.String(),
    "category": pl.String(),
    "image_url": pl.String(),
    "sku": pl.String(),
    "price_cents": pl.Int64(),
    "available_units": pl.Int64(),
    "low_stock_threshold": pl.Int64(),
}
SALES_SCHEMA = {
    "product_id": pl.Int64(),
    "orders": pl.Int64(),
    "units": pl.Int64(),
    "sales_cents": pl.Int64(),
    "views": pl.Int64(),
}


LARGEST = 2**63 - 1


class Place(NamedTuple):
    """Where a page ended: the last row's sorted value and its product."""

    value: int | float | str | None
    product_id: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]


def products(
    snapshot: Snapshot, overlay: Overlay, vendor_id: int, span: Span, zone: ZoneInfo
) -> pl.DataFrame:
    """Every product of the vendor with its sales in the span and its stock as it is now."""
    parameters = {"vendor_id": vendor_id, "first": span.first, "last": span.last}
    published = pl.DataFrame(snapshot.rows(SALES, parameters), SALES_SCHEMA, orient="row")
    since = _sold_since(snapshot, overlay.for_vendor(vendor_id), vendor_id, span, zone)
    sales = pl.concat([published, since]).group_by("product_id").sum()
    return (
        _offered(snapshot, overlay, vendor_id)
        .join(sales, on="product_id", how="left")
        .with_columns(pl.col("orders", "units", "sales_cents", "views").fill_null(0))
        .with_columns(
            conversion=pl.when(pl.col("views") > 0).then(pl.col("orders") / pl.col("views"))
        )
    )


def page(
    table: pl.DataFrame, sort: SortKey, *, is_descending: bool, after: Place | None, limit: int
) -> tuple[list[dict[str, Any]], Place | None]:
    """One page of the table in its order, and where it ended if more follow."""
    column = COLUMNS[sort]
    _require_place(after, table.schema[column])
    ordered = table.sort(
        column, "product_id", descending=[is_descending, False], nulls_last=[True, False]
    )
    if after is not None:
        ordered = ordered.filter(_behind(column, after, is_descending=is_descending))
    rows = ordered.head(limit).to_dicts()
    last = rows[-1] if len(ordered) > limit else None
    return rows, Place(last[column], last["product_id"]) if last else None


def _require_place(after: Place | None, sorted_by: pl.DataType) -> None:
    """Raises CursorInvalid for a place that no page of this order can have ended at."""
    if after is None or after.value is None:
        return
    if sorted_by == pl.String:
        is_fitting = isinstance(after.value, str)
    else:
        is_fitting = isinstance(after.value, int | float) and abs(after.value) <= LARGEST
    if not is_fitting:
        raise CursorInvalid


def _behind(column: str, after: Place, *, is_descending: bool) -> pl.Expr:
    value, same = pl.col(column), pl.col("product_id") > after.product_id
    if after.value is None:
        return value.is_null() & same
    further = value < after.value if is_descending else value > after.value
    return further | value.is_null() | ((value == after.value) & same)


def _sold_since(
    snapshot: Snapshot,
    changed: Sequence[VendorOrder],
    vendor_id: int,
    span: Span,
    zone: ZoneInfo,
) -> pl.DataFrame:
    """By product, what the changed vendor orders add to the published days, or take away."""
    parameters = {"vendor_id": vendor_id, "changed": [order.vendor_order_id for order in changed]}
    rows = snapshot.rows(COUNTED_BEFORE, parameters) if changed else []
    before = {vendor_order_id for (vendor_order_id,) in rows}
    moves = [move for order in changed for move in _moves(order, before, span, zone)]
    return pl.DataFrame(moves, SALES_SCHEMA, orient="row")


def _moves(
    order: VendorOrder, counted_before: set[int], span: Span, zone: ZoneInfo
) -> Iterator[tuple[int, int, int, int, int]]:
    """Rows of SALES_SCHEMA that this vendor order moves; its lines never change, nor do views."""
    sign = int(order.is_counted) - int(order.vendor_order_id in counted_before)
    day = order.placed_at.astimezone(zone).date()
    if sign == 0 or not span.first <= day <= span.last:
        return
    for product_id in {line.product_id for line in order.lines}:
        lines = [line for line in order.lines if line.product_id == product_id]
        units, cents = sum(line.quantity for line in lines), sum(line.line_cents for line in lines)
        yield product_id, sign, sign * units, sign * cents, 0


def _offered(snapshot: Snapshot, overlay: Overlay, vendor_id: int) -> pl.DataFrame:
    """Each product with the units left over all its offers, and when they are low."""
    offers = snapshot.rows(OFFERS, {"vendor_id": vendor_id})
    rows = [(*offer[1:-2], *_stock(offer[0], offer[-2:], overlay)) for offer in offers]
    return (
        pl.DataFrame(rows, OFFERS_SCHEMA, orient="row")
        .group_by("product_id")
        .agg(
            pl.first("title", "category", "image_url"),
            pl.min("sku", "price_cents"),
            pl.sum("available_units", "low_stock_threshold"),
        )
    )


def _stock(offer_id: int, published: tuple[int, int], overlay: Overlay) -> tuple[int, int]:
    live = overlay.stock.get(offer_id)
    return (live.state.available_units, live.state.low_stock_threshold) if live else published
