"""From a cart to a costed order: one vendor order per vendor, every cent frozen on its line.

Pure: prices and terms come in, a value comes out. The vendor orders are made by moving costed
lines, so nothing is priced twice.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import add, attrgetter, sub

from msgspec import Struct

from transactional import money
from transactional.errors import RefusedError

# Stripe's own bounds for one charge: eight digits, and the least that it takes in most currencies.
LARGEST_TOTAL_CENTS = 99_999_999
SMALLEST_TOTAL_CENTS = 50

VENDOR = attrgetter("vendor_id")


class OrderTooLargeError(RefusedError):
    """One order may cost at most 999,999.99; split the cart."""

    code = "order_too_large"


class OrderTooSmallError(RefusedError):
    """A card is charged for at least 0.50; units that nobody can pay for are not kept."""

    code = "order_too_small"


class Terms(Struct, frozen=True):
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


class CartLine(Struct, frozen=True):
    """`quantity` units of one offer for `list_cents` together, before any discount."""

    offer_id: int
    product_id: int
    vendor_id: int
    quantity: int
    list_cents: int
    variant_id: int | None = None
    terms: Terms = STANDARD_TERMS


class Parcel(Struct, frozen=True):
    """How one vendor's part travels: its fee, its weight, and when it should arrive."""

    fee_cents: int
    weight_grams: int = 0
    transit_days: int = 0
    earliest_date: date | None = None
    deliver_by_date: date | None = None


FLAT_PARCEL = Parcel(money.FLAT_SHIPPING_CENTS)


class CostedLine(Struct, frozen=True):
    """`line_cents` is what is left of the list price after the discount; tax is inside it and
    inside `shipping_cents`. Named as the columns of order_lines.
    """

    offer_id: int
    product_id: int
    variant_id: int | None
    quantity: int
    line_cents: int
    shipping_cents: int
    discount_cents: int
    promotion_id: int | None
    tax_rate: int
    tax_cents: int
    withheld_tax_cents: int
    commission_rule_id: int | None
    commission_basis: str
    commission_rate: int
    commission_cents: int
    commission_tax_rate: int
    commission_tax_cents: int
    processing_rate: int
    processing_cents: int

    @property
    def list_cents(self) -> int:
        return self.line_cents + self.discount_cents


class VendorPart(Struct, frozen=True):
    """What becomes one vendor order; its sums are those of its lines."""

    vendor_id: int
    lines: tuple[CostedLine, ...]
    parcel: Parcel
    items_cents: int
    shipping_cents: int
    discount_cents: int
    tax_cents: int
    withheld_tax_cents: int
    """What of the tax the platform collects for the state."""
    commission_cents: int
    commission_tax_cents: int
    processing_cents: int
    units: int

    @property
    def net_cents(self) -> int:
        """What the vendor gets."""
        fees = self.commission_cents + self.commission_tax_cents + self.processing_cents
        return self.total_cents - fees - self.withheld_tax_cents

    @property
    def total_cents(self) -> int:
        return self.items_cents + self.shipping_cents

    @property
    def weight_grams(self) -> int:
        return self.parcel.weight_grams

    @property
    def deliver_by_date(self) -> date | None:
        return self.parcel.deliver_by_date


class CostedOrder(Struct, frozen=True):
    """Its sums are those of its parts."""

    parts: tuple[VendorPart, ...] = ()
    ship_to_country: str | None = None
    items_cents: int = 0
    shipping_cents: int = 0
    discount_cents: int = 0
    tax_cents: int = 0

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
    by_vendor = groupby(sorted(lines, key=VENDOR), key=VENDOR)
    parts = [
        _cost_part(vendor_id, list(of_vendor), parcels[vendor_id])
        for vendor_id, of_vendor in by_vendor
    ]
    return CostedOrder(
        tuple(parts),
        ship_to_country,
        items_cents=sum([part.items_cents for part in parts]),
        shipping_cents=sum([part.shipping_cents for part in parts]),
        discount_cents=sum([part.discount_cents for part in parts]),
        tax_cents=sum([part.tax_cents for part in parts]),
    )


def flat_shipping(lines: Sequence[CartLine]) -> dict[int, Parcel]:
    return {line.vendor_id: FLAT_PARCEL for line in lines}


def refuse_unpayable(order: CostedOrder) -> None:
    """What live checkout adds to `cost`: history may hold orders that Stripe would not take today.

    Raises OrderTooLargeError, OrderTooSmallError.
    """
    if order.total_cents < SMALLEST_TOTAL_CENTS:
        raise OrderTooSmallError(
            total_cents=order.total_cents, smallest_total_cents=SMALLEST_TOTAL_CENTS
        )
    if order.total_cents > LARGEST_TOTAL_CENTS:
        raise OrderTooLargeError(
            total_cents=order.total_cents, largest_total_cents=LARGEST_TOTAL_CENTS
        )


def _cost_part(vendor_id: int, lines: list[CartLine], parcel: Parcel) -> VendorPart:
    terms = [line.terms for line in lines]
    listed = [line.list_cents for line in lines]
    discounts = list(map(money.share, listed, [each.discount_rate for each in terms]))
    items = list(map(sub, listed, discounts))
    shipping = money.split(parcel.fee_cents, items)
    paid = list(map(add, items, shipping))
    taxes = _taxes(lines, paid)
    withheld = [tax if each.is_tax_withheld else 0 for each, tax in zip(terms, taxes, strict=True)]
    commissions = list(map(money.share, items, [each.commission_rate for each in terms]))
    commission_taxes = _commission_taxes(lines, commissions)
    processing = list(map(money.share, paid, [each.processing_rate for each in terms]))
    costed = map(
        _costed, lines, discounts, items, shipping, taxes, withheld,
        commissions, commission_taxes, processing,
    )  # fmt: skip
    return VendorPart(
        vendor_id,
        tuple(costed),
        parcel,
        items_cents=sum(items),
        shipping_cents=sum(shipping),
        discount_cents=sum(discounts),
        tax_cents=sum(taxes),
        withheld_tax_cents=sum(withheld),
        commission_cents=sum(commissions),
        commission_tax_cents=sum(commission_taxes),
        processing_cents=sum(processing),
        units=sum([line.quantity for line in lines]),
    )


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
    tax_cents: int,
    withheld_tax_cents: int,
    commission_cents: int,
    commission_tax_cents: int,
    processing_cents: int,
) -> CostedLine:
    terms = line.terms
    return CostedLine(
        line.offer_id,
        line.product_id,
        line.variant_id,
        line.quantity,
        line_cents,
        shipping_cents,
        discount_cents,
        terms.promotion_id,
        terms.tax_rate,
        tax_cents,
        withheld_tax_cents,
        terms.commission_rule_id,
        terms.commission_basis,
        terms.commission_rate,
        commission_cents,
        terms.commission_tax_rate,
        commission_tax_cents,
        terms.processing_rate,
        processing_cents,
    )
