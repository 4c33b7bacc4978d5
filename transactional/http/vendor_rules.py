"""Routes of what a vendor decides for itself: its shipping zones and its promotions."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field, model_validator

from transactional.access.tokens import Caller
from transactional.checkout import rule_book, shipping_zones
from transactional.checkout.rule_book import PROMOTIONS
from transactional.checkout.shipping import Step
from transactional.checkout.shipping_zones import NewZone
from transactional.errors import ForbiddenError
from transactional.http.market import OnceOnly, Running, VendorOrOperator
from transactional.http.wire import (
    Answer,
    Body,
    CategoryId,
    Cents,
    Country,
    Limit,
    Page,
    ProductId,
    PromotionId,
    ShippingZoneId,
    VendorId,
    page,
    position,
)

router = APIRouter(tags=["rules"])
DEFAULT_PAGE = 50
MOST_STEPS = 50
MOST_COUNTRIES = 250
HEAVIEST_PARCEL_GRAMS = 1_000_000_000

Name = Annotated[str, Field(min_length=1, max_length=100)]


class StepBody(Body):
    """A parcel of at most so many grams."""

    up_to_grams: Annotated[int, Field(strict=True, ge=1, le=HEAVIEST_PARCEL_GRAMS)]
    fee_cents: Cents
    transit_days: Annotated[int, Field(strict=True, ge=0, le=90)]


class ZoneBody(Body):
    vendor_id: VendorId | None = Field(
        None, description="A vendor's token stands for its own; an operator's without it: all."
    )
    name: Name
    countries: Annotated[list[Country], Field(max_length=MOST_COUNTRIES)] = Field(
        [], description="None: everywhere else."
    )
    steps: Annotated[list[StepBody], Field(min_length=1, max_length=MOST_STEPS)]


class ZoneStep(Answer):
    up_to_grams: int
    fee_cents: int
    transit_days: int


class Zone(Answer):
    shipping_zone_id: ShippingZoneId
    vendor_id: VendorId | None
    name: str
    countries: list[str]
    steps: list[ZoneStep]
    valid_until: AwareDatetime | None


class PromotionBody(Body):
    """For a product, for a category, or for all that the vendor sells."""

    vendor_id: VendorId | None = Field(None, description="A vendor's token stands for its own.")
    product_id: ProductId | None = None
    category_id: CategoryId | None = None
    name: Annotated[str, Field(min_length=1, max_length=200)]
    rate: Annotated[int, Field(strict=True, ge=1, le=10_000, description="In ten-thousandths.")]
    starts_at: AwareDatetime | None = Field(None, description="Without it: now.")
    ends_at: AwareDatetime

    @model_validator(mode="after")
    def _refuse_both(self) -> "PromotionBody":
        if self.product_id is not None and self.category_id is not None:
            raise ValueError("a promotion is about a product or a category, not both")
        if self.starts_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("a promotion ends after it starts")
        return self


class Promotion(Answer):
    promotion_id: PromotionId
    vendor_id: VendorId
    product_id: ProductId | None
    category_id: CategoryId | None
    name: str
    rate: int
    starts_at: AwareDatetime
    ends_at: AwareDatetime


@router.post("/v1/shipping-zones", status_code=201, response_model=Zone)
def create_zone(body: ZoneBody, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    """A vendor with zones of its own ships where they reach, and nowhere else."""
    steps = [Step(**step.model_dump()) for step in body.steps]
    new = NewZone(_vendor_of(who, body.vendor_id), body.name, body.countries, steps)
    now = once.market.clock()
    return once.answer(201, lambda c: Zone.of(shipping_zones.create(c, new, now)))


@router.get("/v1/shipping-zones")
def list_zones(
    who: VendorOrOperator, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[Zone]:
    """A vendor sees its own and the market's."""
    with market.database.transaction() as connection:
        rows = shipping_zones.list_page(connection, _own(who), position("shz", cursor), limit)
    return page(Zone, rows, limit, "shz", "shipping_zone_id")


@router.post("/v1/shipping-zones/{shipping_zone_id}/end", response_model=Zone)
def end_zone(
    shipping_zone_id: ShippingZoneId, who: VendorOrOperator, once: OnceOnly
) -> JSONResponse:
    now = once.market.clock()
    return once.answer(
        200, lambda c: Zone.of(shipping_zones.end(c, shipping_zone_id, _own(who), now))
    )


@router.post("/v1/promotions", status_code=201, response_model=Promotion)
def begin_promotion(body: PromotionBody, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    """Paid by the vendor. Of several that reach a line the largest counts."""
    vendor_id = _vendor_of(who, body.vendor_id)
    if vendor_id is None:
        raise ForbiddenError("a promotion is a vendor's: name it with vendor_id")
    values: dict[str, Any] = dict(body) | {"vendor_id": vendor_id}
    now = once.market.clock()
    return once.answer(201, lambda c: Promotion.of(rule_book.begin(c, PROMOTIONS, values, now)))


@router.get("/v1/promotions")
def list_promotions(
    who: VendorOrOperator, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[Promotion]:
    after = position("pro", cursor)
    with market.database.transaction() as connection:
        rows = rule_book.list_page(connection, PROMOTIONS, _own(who), after, limit)
    return page(Promotion, rows, limit, "pro", "promotion_id")


@router.post("/v1/promotions/{promotion_id}/end", response_model=Promotion)
def end_promotion(promotion_id: PromotionId, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    """It ends now; one that has not begun is withdrawn."""
    now = once.market.clock()
    return once.answer(
        200, lambda c: Promotion.of(rule_book.end(c, PROMOTIONS, promotion_id, _own(who), now))
    )


def _own(who: Caller) -> int | None:
    """Whose rules the caller may see and end; None: everyone's."""
    return who.subject_id if who.role == "vendor" else None


def _vendor_of(who: Caller, vendor_id: int | None) -> int | None:
    if who.role == "vendor" and vendor_id not in (None, who.subject_id):
        raise ForbiddenError("vendor_id must be your own")
    return vendor_id if _own(who) is None else _own(who)
