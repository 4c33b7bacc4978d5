"""How carts and their prices look in JSON."""

from datetime import date
from typing import Annotated, Any, Self

from msgspec.structs import asdict
from pydantic import Field, model_validator

from transactional.checkout.carts import LARGEST_QUANTITY, MOST_LINES, Destination, Wanted
from transactional.checkout.pricing import CostedLine, CostedOrder, VendorPart
from transactional.http.wire import Answer, Body, Country, OfferId, ProductId, VariantId, VendorId

AddressLine = Annotated[str, Field(min_length=1, max_length=200)]


class ShipToBody(Body):
    """Where a cart goes; without it to the shopper's own country, else to the vendor's."""

    country: Country
    name: AddressLine | None = None
    street: AddressLine | None = None
    postal_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    city: AddressLine | None = None
    region: AddressLine | None = None


class WantedLine(Body):
    """One offer; or a product, with its variant where it has any, and the market chooses the offer
    as GET /v1/products/{product_id}/offers ranks them.
    """

    offer_id: OfferId | None = None
    product_id: ProductId | None = None
    variant_id: VariantId | None = None
    quantity: Annotated[int, Field(strict=True, ge=1, le=LARGEST_QUANTITY)]

    @model_validator(mode="after")
    def _refuse_two_names(self) -> Self:
        if (self.offer_id is None) == (self.product_id is None):
            raise ValueError("a line names either offer_id or product_id")
        if self.variant_id is not None and self.product_id is None:
            raise ValueError("an offer has its variant already: leave variant_id out")
        return self


class CartBody(Body):
    lines: Annotated[list[WantedLine], Field(min_length=1, max_length=MOST_LINES)]
    ship_to: ShipToBody | None = None

    def wanted(self) -> list[Wanted]:
        return [
            Wanted(line.offer_id, line.quantity, line.product_id, line.variant_id)
            for line in self.lines
        ]

    def destination(self, shopper_id: int | None) -> Destination:
        if self.ship_to is None:
            return Destination(shopper_id=shopper_id)
        address = self.ship_to.model_dump(exclude_none=True)
        return Destination(self.ship_to.country, address, shopper_id)


class QuotedLine(Answer):
    """`line_cents` is what is left of the list price after the discount; tax is inside it."""

    offer_id: OfferId
    product_id: ProductId
    variant_id: VariantId | None
    quantity: int
    list_cents: int
    discount_cents: int
    line_cents: int
    shipping_cents: int
    tax_rate: int = Field(description="In ten-thousandths: 1900 is 19 %.")
    tax_cents: int


class EstimatedDelivery(Answer):
    earliest_date: date
    latest_date: date


class QuotedPart(Answer):
    vendor_id: VendorId
    items_cents: int
    shipping_cents: int
    discount_cents: int
    tax_cents: int
    estimated_delivery: EstimatedDelivery | None
    lines: list[QuotedLine]


class Quote(Answer):
    items_cents: int
    shipping_cents: int
    discount_cents: int
    tax_cents: int
    total_cents: int
    ship_to_country: str | None
    vendor_orders: list[QuotedPart]


def quote_answer(order: CostedOrder) -> Quote:
    return Quote.of(
        {
            "items_cents": order.items_cents,
            "shipping_cents": order.shipping_cents,
            "discount_cents": order.discount_cents,
            "tax_cents": order.tax_cents,
            "total_cents": order.total_cents,
            "ship_to_country": order.ship_to_country,
            "vendor_orders": [_part(part) for part in order.parts],
        }
    )


def _part(part: VendorPart) -> dict[str, Any]:
    return {
        "vendor_id": part.vendor_id,
        "items_cents": part.items_cents,
        "shipping_cents": part.shipping_cents,
        "discount_cents": part.discount_cents,
        "tax_cents": part.tax_cents,
        "estimated_delivery": _estimate(part),
        "lines": [_line(line) for line in part.lines],
    }


def _estimate(part: VendorPart) -> dict[str, date | None] | None:
    if part.deliver_by_date is None:
        return None
    return {
        "earliest_date": part.parcel.earliest_date,
        "latest_date": part.deliver_by_date,
    }


def _line(line: CostedLine) -> dict[str, Any]:
    return asdict(line) | {"list_cents": line.list_cents}
