"""A vendor's products over a span: what sold, how well lookers bought, and what is left.

Sales come from the snapshot's product days and are moved on by the vendor orders that changed
since; views and clicks stand as the snapshot has them.
"""

from collections.abc import Iterable, Iterator, Sequence
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

PRODUCTS = """
-- grain: one product that the vendor offers
with sales as (
    select
        product_id,
        sum(orders) as orders,
        sum(units) as units,
        sum(sales_cents) as sales_cents,
        sum(views) as views
    from product_daily
    where vendor_id = $vendor_id and order_date between $first and $last
    group by product_id
)

select
    offers.product_id,
    any_value(offers.title) as title,
    any_value(offers.category) as category,
    any_value(offers.image_url) as image_url,
    min(offers.sku) as sku,
    min(offers.price_cents) as price_cents,
    array_agg(offers.offer_id order by offers.offer_id) as offer_ids,
    array_agg(offers.available_units order by offers.offer_id) as available,
    array_agg(offers.low_stock_threshold order by offers.offer_id) as thresholds,
    coalesce(any_value(sales.orders), 0)::bigint as orders,
    coalesce(any_value(sales.units), 0)::bigint as units,
    coalesce(any_value(sales.sales_cents), 0)::bigint as sales_cents,
    coalesce(any_value(sales.views), 0)::bigint as views
from offers
left join sales using (product_id)
where offers.vendor_id = $vendor_id
group by offers.product_id
"""

PRODUCTS_SCHEMA = {
    "product_id": pl.Int64(),
    "title": pl.String(),
    "category": pl.String(),
    "image_url": pl.String(),
    "sku": pl.String(),
    "price_cents": pl.Int64(),
    "offer_ids": pl.List(pl.Int64()),
    "available": pl.List(pl.Int64()),
    "thresholds": pl.List(pl.Int64()),
    "orders": pl.Int64(),
    "units": pl.Int64(),
    "sales_cents": pl.Int64(),
    "views": pl.Int64(),
}

COUNTED_BEFORE = """
-- grain: one vendor order that the product days already hold
select vendor_order_id from vendor_orders
where vendor_id = $vendor_id and is_counted and vendor_order_id in (select unnest($changed))
"""

SALES_SCHEMA = {
    "product_id": pl.Int64(),
    "orders": pl.Int64(),
    "units": pl.Int64(),
    "sales_cents": pl.Int64(),
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
    published = pl.DataFrame(snapshot.rows(PRODUCTS, parameters), PRODUCTS_SCHEMA, orient="row")
    sold = _sold_since(snapshot, overlay.for_vendor(vendor_id), vendor_id, span, zone)
    return _with_stock(_with_sales(published, sold), overlay).with_columns(
        conversion=pl.when(pl.col("views") > 0).then(pl.col("orders") / pl.col("views"))
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
    frame = pl.DataFrame(moves, SALES_SCHEMA, orient="row")
    return frame.group_by("product_id").sum()


def _moves(
    order: VendorOrder, counted_before: set[int], span: Span, zone: ZoneInfo
) -> Iterator[tuple[int, int, int, int]]:
    """(product, orders, units, cents) that this vendor order moves; its lines never change."""
    sign = int(order.is_counted) - int(order.vendor_order_id in counted_before)
    day = order.placed_at.astimezone(zone).date()
    if sign == 0 or not span.first <= day <= span.last:
        return
    for product_id in {line.product_id for line in order.lines}:
        lines = [line for line in order.lines if line.product_id == product_id]
        units, cents = sum(line.quantity for line in lines), sum(line.line_cents for line in lines)
        yield product_id, sign, sign * units, sign * cents


def _with_sales(table: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    if sold.is_empty():
        return table
    moved = table.join(sold, on="product_id", how="left", suffix="_since")
    names = [name for name in SALES_SCHEMA if name != "product_id"]
    return moved.with_columns(
        pl.col(name) + pl.col(f"{name}_since").fill_null(0) for name in names
    ).drop([f"{name}_since" for name in names])


def _with_stock(table: pl.DataFrame, overlay: Overlay) -> pl.DataFrame:
    """Units left over all offers of a product, and the threshold under which they are low."""
    rows = table.select("offer_ids", "available", "thresholds").iter_rows()
    stock = [_stock(zip(*row, strict=True), overlay) for row in rows]
    return table.drop("offer_ids", "available", "thresholds").with_columns(
        pl.Series("available_units", [units for units, _ in stock], pl.Int64),
        pl.Series("low_stock_threshold", [threshold for _, threshold in stock], pl.Int64),
    )


def _stock(offers: Iterable[tuple[int, int, int]], overlay: Overlay) -> tuple[int, int]:
    units = threshold = 0
    for offer_id, available, low in offers:
        live = overlay.stock.get(offer_id)
        units += live.state.available_units if live else available
        threshold += live.state.low_stock_threshold if live else low
    return units, threshold
