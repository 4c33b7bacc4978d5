"""From a cart to a costed order: one vendor order per vendor, every cent frozen on its line.

Pure: prices and terms come in, a value comes out. The vendor orders are made by moving costed
lines, so nothing is priced twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from transactional import money
from transactional.errors import RefusedError

# Stripe's own ceiling for one charge: eight digits.
LARGEST_TOTAL_CENTS = 99_999_999


class OrderTooLargeError(RefusedError):
    """One order may cost at most 999,999.99; split the cart."""

    code = "order_too_large"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a line is charged by, as the rules stood; rates in ten-thousandths."""

    promotion_id: int | None = None
    discount_rate: int = 0
    tax_rate: int = 0
    is_tax_withheld: bool = False
    commission_rule_id: int | None = None
    commission_basis: str = "market"
    commission_rate: int = money.COMMISSION_RATE
    commission_tax_rate: int = 0
    processing_rate: int = money.PROCESSING_RATE


STANDARD_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class CartLine:
    """`quantity` units of one offer for `list_cents` together, before any discount."""

    offer_id: int
    product_id: int
    vendor_id: int
    quantity: int
    list_cents: int
    variant_id: int | None = None
    terms: Terms = STANDARD_TERMS


@dataclass(frozen=True, slots=True)
class Parcel:
    """How one vendor's part travels: its fee, its weight, and when it should arrive."""

    fee_cents: int
    weight_grams: int = 0
    transit_days: int = 0
    earliest_date: date | None = None
    deliver_by_date: date | None = None


FLAT_PARCEL = Parcel(money.FLAT_SHIPPING_CENTS)


@dataclass(frozen=True, slots=True)
class CostedLine:
    """`line_cents` is what is left of the list price after the discount; tax is inside it and
    inside `shipping_cents`. Named as the columns of order_lines.
    """

    offer_id: int
    product_id: int
    quantity: int
    line_cents: int
    shipping_cents: int
    commission_rate: int
    processing_rate: int
    commission_cents: int
    processing_cents: int
    variant_id: int | None = None
    discount_cents: int = 0
    promotion_id: int | None = None
    tax_rate: int = 0
    tax_cents: int = 0
    withheld_tax_cents: int = 0
    commission_rule_id: int | None = None
    commission_basis: str = "market"
    commission_tax_rate: int = 0
    commission_tax_cents: int = 0

    @property
    def list_cents(self) -> int:
        return self.line_cents + self.discount_cents


@dataclass(frozen=True, slots=True)
class VendorPart:
    """What becomes one vendor order."""

    vendor_id: int
    lines: tuple[CostedLine, ...]
    parcel: Parcel = FLAT_PARCEL

    @property
    def items_cents(self) -> int:
        return sum(line.line_cents for line in self.lines)

    @property
    def shipping_cents(self) -> int:
        return sum(line.shipping_cents for line in self.lines)

    @property
    def discount_cents(self) -> int:
        return sum(line.discount_cents for line in self.lines)

    @property
    def tax_cents(self) -> int:
        return sum(line.tax_cents for line in self.lines)

    @property
    def withheld_tax_cents(self) -> int:
        """What of the tax the platform collects for the state."""
        return sum(line.withheld_tax_cents for line in self.lines)

    @property
    def commission_cents(self) -> int:
        return sum(line.commission_cents for line in self.lines)

    @property
    def commission_tax_cents(self) -> int:
        return sum(line.commission_tax_cents for line in self.lines)

    @property
    def processing_cents(self) -> int:
        return sum(line.processing_cents for line in self.lines)

    @property
    def net_cents(self) -> int:
        """What the vendor gets."""
        fees = self.commission_cents + self.commission_tax_cents + self.processing_cents
        return self.total_cents - fees - self.withheld_tax_cents

    @property
    def total_cents(self) -> int:
        return self.items_cents + self.shipping_cents

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def weight_grams(self) -> int:
        return self.parcel.weight_grams

    @property
    def deliver_by_date(self) -> date | None:
        return self.parcel.deliver_by_date


@dataclass(frozen=True, slots=True)
class CostedOrder:
    parts: tuple[VendorPart, ...]
    ship_to_country: str | None = None

    @property
    def items_cents(self) -> int:
        return sum(part.items_cents for part in self.parts)

    @property
    def shipping_cents(self) -> int:
        return sum(part.shipping_cents for part in self.parts)

    @property
    def discount_cents(self) -> int:
        return sum(part.discount_cents for part in self.parts)

    @property
    def tax_cents(self) -> int:
        return sum(part.tax_cents for part in self.parts)

    @property
    def total_cents(self) -> int:
        return self.items_cents + self.shipping_cents

    def units_by_offer(self) -> dict[int, int]:
        """Units wanted per offer, in key order; an offer may stand on several lines."""
        units: dict[int, int] = {}
        for part in self.parts:
            for line in part.lines:
                units[line.offer_id] = units.get(line.offer_id, 0) + line.quantity
        return dict(sorted(units.items()))


def cost(
    lines: Sequence[CartLine], parcels: Mapping[int, Parcel], ship_to_country: str | None = None
) -> CostedOrder:
    """Split `lines` by vendor, share each vendor's shipping over its lines, and freeze the rest.

    `parcels` is per vendor id. Lines keep the cart's order within their vendor.
    """
    by_vendor = groupby(sorted(lines, key=_vendor), key=_vendor)
    return CostedOrder(
        tuple(
            VendorPart(vendor_id, _cost_part(list(part), parcels[vendor_id]), parcels[vendor_id])
            for vendor_id, part in by_vendor
        ),
        ship_to_country,
    )


def flat_shipping(lines: Sequence[CartLine]) -> dict[int, Parcel]:
    return {line.vendor_id: FLAT_PARCEL for line in lines}


def refuse_too_large(order: CostedOrder) -> None:
    """What live checkout adds to `cost`: history may hold larger orders than Stripe takes today."""
    if order.total_cents > LARGEST_TOTAL_CENTS:
        raise OrderTooLargeError(
            total_cents=order.total_cents, largest_total_cents=LARGEST_TOTAL_CENTS
        )


def _vendor(line: CartLine) -> int:
    return line.vendor_id


def _cost_part(lines: list[CartLine], parcel: Parcel) -> tuple[CostedLine, ...]:
    discounts = [money.share(line.list_cents, line.terms.discount_rate) for line in lines]
    items = [line.list_cents - discount for line, discount in zip(lines, discounts, strict=True)]
    shipping = money.split(parcel.fee_cents, items)
    paid = [item + share for item, share in zip(items, shipping, strict=True)]
    commissions = [
        money.share(item, line.terms.commission_rate)
        for line, item in zip(lines, items, strict=True)
    ]
    columns = zip(
        lines, discounts, items, shipping, paid, _taxes(lines, paid),
        commissions, _commission_taxes(lines, commissions), strict=True,
    )  # fmt: skip
    return tuple(_costed(*column) for column in columns)


def _taxes(lines: list[CartLine], paid: list[int]) -> list[int]:
    """The tax inside each `paid`: rounded once per rate of the part, then shared over its lines."""
    taxes = [0] * len(lines)
    places: dict[tuple[int, bool], list[int]] = {}
    for place, line in enumerate(lines):
        if line.terms.tax_rate:
            of_rate = line.terms.tax_rate, line.terms.is_tax_withheld
            places.setdefault(of_rate, []).append(place)
    for (rate, _), taxed in places.items():
        weights = [paid[place] for place in taxed]
        parts = money.split(money.included(sum(weights), rate), weights)
        for place, part in zip(taxed, parts, strict=True):
            taxes[place] = part
    return taxes


def _commission_taxes(lines: list[CartLine], commissions: list[int]) -> list[int]:
    """The tax on the part's commission, by its vendor's one rate, shared over its lines."""
    rate = lines[0].terms.commission_tax_rate
    if rate == 0:
        return [0] * len(lines)
    return money.split(money.share(sum(commissions), rate), commissions)


def _costed(
    line: CartLine,
    discount_cents: int,
    line_cents: int,
    shipping_cents: int,
    paid_cents: int,
    tax_cents: int,
    commission_cents: int,
    commission_tax_cents: int,
) -> CostedLine:
    terms = line.terms
    return CostedLine(
        offer_id=line.offer_id,
        product_id=line.product_id,
        quantity=line.quantity,
        line_cents=line_cents,
        shipping_cents=shipping_cents,
        commission_rate=terms.commission_rate,
        processing_rate=terms.processing_rate,
        commission_cents=commission_cents,
        processing_cents=money.share(paid_cents, terms.processing_rate),
        variant_id=line.variant_id,
        discount_cents=discount_cents,
        promotion_id=terms.promotion_id,
        tax_rate=terms.tax_rate,
        tax_cents=tax_cents,
        withheld_tax_cents=tax_cents if terms.is_tax_withheld else 0,
        commission_rule_id=terms.commission_rule_id,
        commission_basis=terms.commission_basis,
        commission_tax_rate=terms.commission_tax_rate,
        commission_tax_cents=commission_tax_cents,
    )
