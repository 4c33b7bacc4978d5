"""From a cart to a costed order: one vendor order per vendor, every cent frozen on its line.

Pure: prices come in, a value comes out. The vendor orders are made by moving costed lines, so
nothing is priced twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from transactional import money
from transactional.errors import RefusedError

# Stripe's own ceiling for one charge: eight digits.
LARGEST_TOTAL_CENTS = 99_999_999


class OrderTooLargeError(RefusedError):
    """One order may cost at most 999,999.99; split the cart."""

    code = "order_too_large"


@dataclass(frozen=True, slots=True)
class CartLine:
    """`quantity` units of one offer for `line_cents` together."""

    offer_id: int
    product_id: int
    vendor_id: int
    quantity: int
    line_cents: int


@dataclass(frozen=True, slots=True)
class CostedLine:
    offer_id: int
    product_id: int
    quantity: int
    line_cents: int
    shipping_cents: int
    commission_rate: int
    processing_rate: int
    commission_cents: int
    processing_cents: int


@dataclass(frozen=True, slots=True)
class VendorPart:
    """What becomes one vendor order."""

    vendor_id: int
    lines: tuple[CostedLine, ...]

    @property
    def items_cents(self) -> int:
        return sum(line.line_cents for line in self.lines)

    @property
    def shipping_cents(self) -> int:
        return sum(line.shipping_cents for line in self.lines)

    @property
    def commission_cents(self) -> int:
        return sum(line.commission_cents for line in self.lines)

    @property
    def processing_cents(self) -> int:
        return sum(line.processing_cents for line in self.lines)

    @property
    def net_cents(self) -> int:
        """What the vendor gets."""
        return self.total_cents - self.commission_cents - self.processing_cents

    @property
    def total_cents(self) -> int:
        return self.items_cents + self.shipping_cents

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class CostedOrder:
    parts: tuple[VendorPart, ...]

    @property
    def items_cents(self) -> int:
        return sum(part.items_cents for part in self.parts)

    @property
    def shipping_cents(self) -> int:
        return sum(part.shipping_cents for part in self.parts)

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
    lines: Sequence[CartLine],
    shipping_cents: Mapping[int, int],
    commission_rate: int = money.COMMISSION_RATE,
    processing_rate: int = money.PROCESSING_RATE,
) -> CostedOrder:
    """Split `lines` by vendor, share each vendor's shipping over its lines, and freeze the fees.

    `shipping_cents` is per vendor id. Lines keep the cart's order within their vendor.
    """
    by_vendor = groupby(sorted(lines, key=_vendor), key=_vendor)
    return CostedOrder(
        tuple(
            VendorPart(
                vendor_id,
                _cost_part(list(part), shipping_cents[vendor_id], commission_rate, processing_rate),
            )
            for vendor_id, part in by_vendor
        )
    )


def flat_shipping(lines: Sequence[CartLine]) -> dict[int, int]:
    return {line.vendor_id: money.FLAT_SHIPPING_CENTS for line in lines}


def refuse_too_large(order: CostedOrder) -> None:
    """What live checkout adds to `cost`: history may hold larger orders than Stripe takes today."""
    if order.total_cents > LARGEST_TOTAL_CENTS:
        raise OrderTooLargeError(
            total_cents=order.total_cents, largest_total_cents=LARGEST_TOTAL_CENTS
        )


def _vendor(line: CartLine) -> int:
    return line.vendor_id


def _cost_part(
    lines: Sequence[CartLine], shipping_cents: int, commission_rate: int, processing_rate: int
) -> tuple[CostedLine, ...]:
    shares = money.split(shipping_cents, [line.line_cents for line in lines])
    return tuple(
        CostedLine(
            line.offer_id,
            line.product_id,
            line.quantity,
            line.line_cents,
            shipping,
            commission_rate,
            processing_rate,
            money.share(line.line_cents, commission_rate),
            money.share(line.line_cents + shipping, processing_rate),
        )
        for line, shipping in zip(lines, shares, strict=True)
    )
