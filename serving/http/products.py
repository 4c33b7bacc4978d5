"""``GET /v1/vendors/{id}/products``: the vendor's products with sales, conversion and stock."""

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from serving import product_table
from serving.follower import View
from serving.http.asking import (
    UNCHANGED,
    AskedSpan,
    Freshness,
    Now,
    OwnVendor,
    conditional,
    etag_of,
)
from serving.http.cursors import LONGEST, cursor, place
from serving.product_table import Place, SortKey
from serving.spans import Span

LIMIT_DEFAULT, LIMIT_AT_MOST = 25, 200

Direction = Literal["asc", "desc"]

router = APIRouter(tags=["vendors"])


class StockBody(BaseModel):
    """Units over all the vendor's offers of the product; ``low`` is at or under the threshold."""

    available_units: int
    low_stock_threshold: int
    level: Literal["out", "low", "good"]


class RatioBody(BaseModel):
    """Orders per view; null where nobody looked."""

    value: float | None
    numerator: int
    denominator: int


class ProductBody(BaseModel):
    product_id: str
    title: str
    sku: str
    category: str | None
    image_url: str | None
    price_cents: int
    revenue_cents: int
    orders: int
    units: int
    conversion: RatioBody
    stock: StockBody


class VendorProducts(BaseModel):
    currency: str
    items: list[ProductBody]
    total: int
    next_cursor: str | None
    freshness: Freshness


@router.get(
    "/v1/vendors/{vendor_id}/products",
    response_model=VendorProducts,
    responses=UNCHANGED,
)
def vendor_products(
    request: Request,
    vendor_id: OwnVendor,
    view: Now,
    span: AskedSpan,
    sort: SortKey = "revenue",
    direction: Direction = "desc",
    limit: Annotated[int, Query(ge=1, le=LIMIT_AT_MOST)] = LIMIT_DEFAULT,
    after: Annotated[str | None, Query(alias="cursor", max_length=LONGEST)] = None,
) -> Response:
    """Sales are live; views and conversion's denominator stand as the snapshot has them."""
    list_name = f"products.{sort}.{direction}"
    start = place(list_name, after, Place)
    build = partial(
        _answer, view, vendor_id, span, sort, list_name, direction == "desc", start, limit
    )
    return conditional(request, view, etag_of(view, view.position, span.first, span.last), build)


def _answer(
    view: View,
    vendor_id: int,
    span: Span,
    sort: SortKey,
    list_name: str,
    is_descending: bool,
    after: Place | None,
    limit: int,
) -> VendorProducts:
    snapshot = view.published.snapshot
    table = product_table.products(snapshot, view.overlay, vendor_id, span, view.published.zone)
    rows, end = product_table.page(
        table, sort, is_descending=is_descending, after=after, limit=limit
    )
    return VendorProducts(
        currency=snapshot.manifest.currency,
        items=[_product(row) for row in rows],
        total=len(table),
        next_cursor=cursor(list_name, end),
        freshness=Freshness.of(view),
    )


def _product(row: dict[str, Any]) -> ProductBody:
    return ProductBody(
        product_id=f"prd_{row['product_id']}",
        title=row["title"],
        sku=row["sku"],
        category=row["category"],
        image_url=row["image_url"],
        price_cents=row["price_cents"],
        revenue_cents=row["sales_cents"],
        orders=row["orders"],
        units=row["units"],
        conversion=RatioBody(
            value=row["conversion"], numerator=row["orders"], denominator=row["views"]
        ),
        stock=_stock(row["available_units"], row["low_stock_threshold"]),
    )


def _stock(available: int, threshold: int) -> StockBody:
    level: Literal["out", "low", "good"] = "good" if available > threshold else "low"
    return StockBody(
        available_units=available,
        low_stock_threshold=threshold,
        level=level if available > 0 else "out",
    )
