"""``GET /v1/vendors/{id}/forecasts`` and ``…/products/{id}/forecast``: what will sell."""

from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from serving import forecasts
from serving.follower import View
from serving.forecasts import Ahead
from serving.http.asking import (
    UNCHANGED,
    Freshness,
    Now,
    OwnVendor,
    ProductId,
    conditional,
    etag_of,
)

LIMIT_DEFAULT, LIMIT_AT_MOST = 50, 200

router = APIRouter(tags=["vendors"])


class ListedBody(BaseModel):
    """What a product should sell in 28 days; it stays within low and high nine times in ten.

    ``past_units`` were sold in the 28 days before.
    """

    product_id: str
    title: str
    image_url: str | None
    past_units: int
    expected_units: float
    low_units: int
    high_units: int
    available_units: int
    days_of_cover: float
    order_units: int


class VendorForecasts(BaseModel):
    items: list[ListedBody]
    freshness: Freshness


class AheadBody(BaseModel):
    """Units of the days from ``first`` on."""

    first: date
    days: int
    expected_units: float
    low_units: int
    median_units: int
    high_units: int


class PastBody(BaseModel):
    """Units sold in the week from ``first`` on."""

    first: date
    units: int


class ListingBody(BaseModel):
    """When to order a listing again: at or under ``reorder_point`` units, ``order_units`` now."""

    offer_id: str
    sku: str
    demand_class: str
    method: str
    available_units: int
    days_of_cover: float
    lead_days: int
    service_level: float
    reorder_point: int
    order_units: int


class ProductForecastBody(BaseModel):
    """``month`` is null where the product is not on sale, or too new to have a forecast."""

    product_id: str
    title: str
    past_weeks: list[PastBody]
    weeks: list[AheadBody]
    days: list[AheadBody]
    month: AheadBody | None
    listings: list[ListingBody]
    freshness: Freshness


@router.get(
    "/v1/vendors/{vendor_id}/forecasts",
    response_model=VendorForecasts,
    responses=UNCHANGED,
)
def vendor_forecasts(
    request: Request,
    vendor_id: OwnVendor,
    view: Now,
    limit: Annotated[int, Query(ge=1, le=LIMIT_AT_MOST)] = LIMIT_DEFAULT,
) -> Response:
    """What the vendor's products should sell, as forecast last night; best sellers first."""
    etag = etag_of(view, "forecasts", vendor_id, limit)
    return conditional(request, view, etag, partial(_listed, view, vendor_id, limit))


@router.get(
    "/v1/vendors/{vendor_id}/products/{product_id}/forecast",
    response_model=ProductForecastBody,
    responses=UNCHANGED,
)
def product_forecast(
    request: Request,
    vendor_id: OwnVendor,
    view: Now,
    product_id: ProductId,
) -> Response:
    """One product: twelve weeks behind, four weeks ahead with quantiles, when to order again."""
    etag = etag_of(view, "forecast", vendor_id, product_id)
    return conditional(request, view, etag, partial(_product, view, vendor_id, product_id))


def _listed(view: View, vendor_id: int, limit: int) -> VendorForecasts:
    rows = forecasts.listed(view.published.snapshot, vendor_id, limit)
    return VendorForecasts(items=[_row(row) for row in rows], freshness=Freshness.of(view))


def _row(row: dict[str, Any]) -> ListedBody:
    return ListedBody(
        product_id=f"prd_{row['product_id']}",
        title=row["title"],
        image_url=row["image_url"],
        past_units=row["past_units"],
        expected_units=row["month_units"],
        low_units=row["month_low"],
        high_units=row["month_high"],
        available_units=row["available_units"],
        days_of_cover=row["days_of_cover"],
        order_units=row["order_units"],
    )


def _product(view: View, vendor_id: int, product_id: int) -> ProductForecastBody:
    found = forecasts.of_product(view.published.snapshot, vendor_id, product_id)
    return ProductForecastBody(
        product_id=f"prd_{product_id}",
        title=found.title,
        past_weeks=[PastBody(first=first, units=units) for first, units in found.past],
        weeks=[_ahead(week) for week in found.weeks],
        days=[_ahead(day) for day in found.days],
        month=_ahead(found.month) if found.month else None,
        listings=[_listing(row) for row in found.listings],
        freshness=Freshness.of(view),
    )


def _ahead(ahead: Ahead) -> AheadBody:
    return AheadBody(
        first=ahead.first,
        days=ahead.days,
        expected_units=ahead.expected,
        low_units=ahead.low,
        median_units=ahead.median,
        high_units=ahead.high,
    )


def _listing(row: dict[str, Any]) -> ListingBody:
    named = {name: row[name] for name in ListingBody.model_fields if name != "offer_id"}
    return ListingBody(offer_id=f"off_{row['offer_id']}", **named)
