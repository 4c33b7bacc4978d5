"""Routes of offers and their stock."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional.access.tokens import Caller
from transactional.catalogue import offers
from transactional.catalogue.offers import NewOffer, OfferChange
from transactional.database import Transaction
from transactional.errors import ForbiddenError
from transactional.http.market import OnceOnly, Running, VendorOrOperator
from transactional.http.wire import (
    Answer,
    Body,
    Cents,
    Limit,
    OfferId,
    Page,
    ProductId,
    Units,
    VariantId,
    VendorId,
    page,
    position,
)
from transactional.ordering import stock
from transactional.people import vendors

router = APIRouter(tags=["catalogue"])
DEFAULT_PAGE = 50


class OfferBody(Body):
    product_id: ProductId
    variant_id: VariantId | None = None
    vendor_id: VendorId | None = Field(None, description="A vendor's token stands for its own.")
    sku: Annotated[str, Field(min_length=1, max_length=100)]
    price_cents: Cents
    available_units: Units = 0
    low_stock_threshold: Units = 5


class OfferChangeBody(Body):
    price_cents: Cents | None = None
    status: Literal["active", "paused"] | None = None
    low_stock_threshold: Units | None = None


class Restock(Body):
    units: Annotated[Units, Field(ge=1)]


class Offer(Answer):
    """`status` is the vendor's choice; one of a vendor who may not sell is not for sale either."""

    offer_id: OfferId
    product_id: ProductId
    variant_id: VariantId | None
    vendor_id: VendorId
    sku: str
    price_cents: int
    status: str
    is_for_sale: bool
    version: int
    available_units: int
    low_stock_threshold: int
    created_at: AwareDatetime


@router.post("/v1/offers", status_code=201, response_model=Offer)
def create_offer(body: OfferBody, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    new = NewOffer(
        body.product_id,
        _vendor_of(body, who),
        body.sku,
        body.price_cents,
        body.available_units,
        body.low_stock_threshold,
        body.variant_id,
    )

    def create(connection: Transaction) -> Offer:
        vendors.read(connection, new.vendor_id)
        return Offer.of(offers.create_offer(connection, new, once.market.clock()))

    return once.answer(201, create)


@router.get("/v1/offers")
def list_offers(
    market: Running,
    vendor: Annotated[VendorId | None, Query()] = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[Offer]:
    with market.database.transaction() as connection:
        rows = offers.list_offers(connection, vendor, position("off", cursor), limit)
    return page(Offer, rows, limit, "off", "offer_id")


@router.get("/v1/offers/{offer_id}")
def read_offer(offer_id: OfferId, market: Running) -> Offer:
    with market.database.transaction() as connection:
        return Offer.of(offers.read_offer(connection, offer_id))


@router.patch("/v1/offers/{offer_id}")
def change_offer(
    offer_id: OfferId, body: OfferChangeBody, who: VendorOrOperator, market: Running
) -> Offer:
    with market.database.transaction() as connection:
        _demand_own_offer(connection, who, offer_id)
        change = OfferChange(**body.model_dump())
        return Offer.of(offers.change_offer(connection, offer_id, change, market.clock()))


@router.post("/v1/offers/{offer_id}/restock", response_model=Offer)
def restock(
    offer_id: OfferId, body: Restock, who: VendorOrOperator, once: OnceOnly
) -> JSONResponse:
    def work(connection: Transaction) -> Offer:
        _demand_own_offer(connection, who, offer_id)
        stock.move(connection, stock.RESTOCK, {offer_id: body.units}, once.market.clock())
        return Offer.of(offers.read_offer(connection, offer_id))

    return once.answer(200, work)


def _vendor_of(body: OfferBody, who: Caller) -> int:
    """A vendor offers for itself; an operator says for whom."""
    own = who.subject_id if who.role == "vendor" else body.vendor_id
    if own is None or body.vendor_id not in (None, own):
        raise ForbiddenError("vendor_id must be your own; an operator names the vendor")
    return own


def _demand_own_offer(connection: Transaction, who: Caller, offer_id: int) -> None:
    """A foreign offer is as good as none."""
    offer = offers.read_offer(connection, offer_id)
    if who.role == "vendor" and offer["vendor_id"] != who.subject_id:
        raise offers.OfferUnknownError
