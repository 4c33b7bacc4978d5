"""What a cart costs and who bears a refund, worked out slowly from the rules' own words.

A twin to hold the core's arithmetic to: exact fractions, one rounding, and one cent at a time where
cents are shared. It shares no code with the core.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from fractions import Fraction
from heapq import heapify, heapreplace
from math import floor

SHIPPING_CENTS = 490
PROCESSING_RATE = 290
WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What the lines of an offer are charged by; rates in ten-thousandths."""

    commission_rate: int = 300
    tax_rate: int = 0
    is_tax_withheld: bool = False
    commission_tax_rate: int = 0
    discount_rate: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    offer_id: int
    vendor_id: int
    price_cents: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class Cents:
    """A line, or a part of it that goes back: what is paid, and what of that is whose."""

    items: int = 0
    shipping: int = 0
    withheld: int = 0
    commission: int = 0
    commission_tax: int = 0
    processing: int = 0

    @property
    def paid(self) -> int:
        return self.items + self.shipping

    @property
    def vendor(self) -> int:
        """What is left for the vendor."""
        return self.paid - self.withheld - self.commission - self.commission_tax - self.processing

    def __add__(self, other: "Cents") -> "Cents":
        return Cents(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: "Cents") -> "Cents":
        return Cents(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))


def total(parts: Iterable[Cents]) -> Cents:
    return sum(parts, Cents())


def priced(lines: Sequence[tuple[Offer, int]]) -> list[Cents]:
    """Each of one vendor's lines (offer, units) of a cart."""
    items = [_items(offer, quantity) for offer, quantity in lines]
    shipping = largest_remainder(SHIPPING_CENTS, items)
    paid = [item + share for item, share in zip(items, shipping, strict=True)]
    terms = [offer.terms for offer, _ in lines]
    commissions = [
        part(item, term.commission_rate) for item, term in zip(items, terms, strict=True)
    ]
    on_commission = largest_remainder(
        part(sum(commissions), terms[0].commission_tax_rate), commissions
    )
    processing = [part(cents, PROCESSING_RATE) for cents in paid]
    columns = zip(
        items, shipping, _withheld(terms, paid), commissions, on_commission, processing, strict=True
    )
    return [Cents(*column) for column in columns]


def given_back(left: Cents, items: int, shipping: int) -> Cents:
    """Who bears so much of what is left of a line; Stripe's fee for the payment is not returned."""
    fees = (left.withheld, left.commission, left.commission_tax)
    rest = left.paid - sum(fees)
    if rest >= 0:
        return Cents(items, shipping, *one_by_one(items + shipping, (*fees, rest))[:3])
    # A line that cost its vendor more than it brought: all but the tax comes out of our fees.
    tax, others = one_by_one(items + shipping, (left.withheld, left.paid - left.withheld))
    return Cents(items, shipping, tax, *one_by_one(others, fees[1:]))


def part(cents: int, rate: int) -> int:
    """Rounded half up."""
    return floor(Fraction(cents * rate, WHOLE) + Fraction(1, 2))


def largest_remainder(cents: int, weights: Sequence[int]) -> list[int]:
    """In proportion; the cents that rounding down leaves go to the largest remainders."""
    exact = [Fraction(cents * weight, max(sum(weights), 1)) for weight in weights]
    parts = [floor(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[: cents - sum(parts)]:
        parts[place] += 1
    return parts


def one_by_one(cents: int, weights: Sequence[int]) -> list[int]:
    """Each cent to whom it is due next: the smallest (2 × given + 1) / weight."""
    given = [0] * len(weights)
    queue = [(Fraction(1, weight), place) for place, weight in enumerate(weights) if weight]
    heapify(queue)
    for _ in range(cents):
        place = queue[0][1]
        given[place] += 1
        heapreplace(queue, (Fraction(2 * given[place] + 1, weights[place]), place))
    return given


def _items(offer: Offer, quantity: int) -> int:
    listed = offer.price_cents * quantity
    return listed - part(listed, offer.terms.discount_rate)


def _withheld(terms: Sequence[Terms], paid: Sequence[int]) -> list[int]:
    """The tax inside that the market withholds, rounded once per rate of the vendor's part."""
    taxes = [0] * len(paid)
    for rate in {term.tax_rate for term in terms if term.is_tax_withheld}:
        places = [
            place
            for place, term in enumerate(terms)
            if term.is_tax_withheld and term.tax_rate == rate
        ]
        weights = [paid[place] for place in places]
        whole = floor(Fraction(sum(weights) * rate, WHOLE + rate) + Fraction(1, 2))
        for place, share in zip(places, largest_remainder(whole, weights), strict=True):
            taxes[place] = share
    return taxes
