"""Who bears a refund of a line: the vendor, the platform's commission, and the taxes.

Each part is taken in proportion to what is left of it, by the method of odd divisors (Webster, or
Sainte-Laguë; M. Balinski and H. P. Young, Fair Representation, 1982). It gives every further cent
to exactly one part, so no part ever shrinks, and when all is refunded every part is used up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from transactional.errors import RefusedError


class RefundTooLargeError(RefusedError):
    """More than is left of this line; `left` says what is."""

    code = "refund_too_large"


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """What is given back of a line.

    With nothing but the line: all that is left of it. With a quantity, these units' share of the
    items, and the shipping with the last of them. Amounts, where given, decide.
    """

    line_id: int
    quantity: int | None = None
    items_cents: int | None = None
    shipping_cents: int | None = None
    is_restocked: bool = False


@dataclass(frozen=True, slots=True)
class LineLeft:
    """What earlier refunds left of a line."""

    line_id: int
    vendor_order_id: int
    vendor_id: int
    offer_id: int
    quantity: int
    items_cents: int
    shipping_cents: int
    tax_cents: int
    is_tax_withheld: bool
    commission_cents: int
    commission_tax_cents: int
    restockable_units: int


@dataclass(frozen=True, slots=True)
class SharedLine:
    """A refund of a line with its parts, named as the columns of refund_lines.

    `vendor_cents` is the rest: items + shipping − commission − its tax − processing − withheld tax.
    """

    line_id: int
    vendor_order_id: int
    vendor_id: int
    quantity: int
    restocked_units: int
    items_cents: int
    shipping_cents: int
    tax_cents: int
    withheld_tax_cents: int
    commission_cents: int
    commission_tax_cents: int
    vendor_cents: int
    processing_cents: int = 0
    """Stripe keeps its fee for a payment that goes back, so the vendor does not get it back."""


def shared(left: LineLeft, wanted: RefundedLine) -> SharedLine:
    """The parts of this refund. Raises RefundTooLargeError."""
    quantity, items_cents, shipping_cents = _amounts(left, wanted)
    _refuse_more_than_is_left(left, quantity, items_cents, shipping_cents)
    cents, whole = items_cents + shipping_cents, left.items_cents + left.shipping_cents
    tax = _tax(left, cents, whole)
    withheld, commission, commission_tax, vendor = _parts(left, cents, whole)
    return SharedLine(
        line_id=left.line_id,
        vendor_order_id=left.vendor_order_id,
        vendor_id=left.vendor_id,
        quantity=quantity,
        restocked_units=min(quantity, left.restockable_units) if wanted.is_restocked else 0,
        items_cents=items_cents,
        shipping_cents=shipping_cents,
        tax_cents=withheld if left.is_tax_withheld else tax,
        withheld_tax_cents=withheld,
        commission_cents=commission,
        commission_tax_cents=commission_tax,
        vendor_cents=vendor,
    )


def spread(cents: int, lines: Sequence[LineLeft]) -> list[RefundedLine]:
    """`cents`, at most all that is left, over the lines: what a bank took without naming any."""
    weights = [part for line in lines for part in (line.items_cents, line.shipping_cents)]
    parts = iter(apportion(cents, weights))
    amounts = [(line, next(parts), next(parts)) for line in lines]
    return [
        RefundedLine(line.line_id, 0, items_cents, shipping_cents)
        for line, items_cents, shipping_cents in amounts
        if items_cents + shipping_cents > 0
    ]


def apportion(cents: int, weights: Sequence[int]) -> list[int]:
    """`cents` by weight: part i gets a cent for each of its ranks (j − ½)/wᵢ among the smallest.

    At most the sum of the weights, so that no part exceeds its own; ties go to the lower position.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [(2 * cents * weight + whole) // (2 * whole) for weight in weights]
    while sum(parts) > cents:
        parts[_last(parts, weights)] -= 1
    while sum(parts) < cents:
        parts[_next(parts, weights)] += 1
    return parts


def _last(parts: Sequence[int], weights: Sequence[int]) -> int:
    """Whose last cent has the largest rank (2j − 1)/w."""
    having = [place for place, part in enumerate(parts) if part > 0]
    return max(having, key=lambda place: (Fraction(2 * parts[place] - 1, weights[place]), place))


def _next(parts: Sequence[int], weights: Sequence[int]) -> int:
    """Whose next cent has the smallest rank (2j + 1)/w."""
    wanting = [place for place, weight in enumerate(weights) if weight > 0]
    return min(wanting, key=lambda place: (Fraction(2 * parts[place] + 1, weights[place]), place))


def _amounts(left: LineLeft, wanted: RefundedLine) -> tuple[int, int, int]:
    """Units, cents of items and cents of shipping."""
    if wanted.quantity is None:
        if wanted.items_cents is None and wanted.shipping_cents is None:
            return left.quantity, left.items_cents, left.shipping_cents
        return 0, wanted.items_cents or 0, wanted.shipping_cents or 0
    is_last = wanted.quantity == left.quantity
    items_cents, shipping_cents = wanted.items_cents, wanted.shipping_cents
    if items_cents is None:
        items_cents = left.items_cents if is_last else _of_units(left, wanted.quantity)
    if shipping_cents is None:
        shipping_cents = left.shipping_cents if is_last and wanted.items_cents is None else 0
    return wanted.quantity, items_cents, shipping_cents


def _of_units(left: LineLeft, quantity: int) -> int:
    return left.items_cents * quantity // max(left.quantity, 1)


def _refuse_more_than_is_left(
    left: LineLeft, quantity: int, items_cents: int, shipping_cents: int
) -> None:
    wanted = (quantity, items_cents, shipping_cents)
    there = (left.quantity, left.items_cents, left.shipping_cents)
    if any(some > most for some, most in zip(wanted, there, strict=True)):
        named = zip(("quantity", "items_cents", "shipping_cents"), there, strict=True)
        raise RefundTooLargeError(line_id=f"lin_{left.line_id}", left=dict(named))


def _tax(left: LineLeft, cents: int, whole: int) -> int:
    return apportion(cents, (left.tax_cents, whole - left.tax_cents))[0]


def _parts(left: LineLeft, cents: int, whole: int) -> tuple[int, int, int, int]:
    """Withheld tax, commission, tax on it, and the vendor's rest."""
    withheld = left.tax_cents if left.is_tax_withheld else 0
    fees = (withheld, left.commission_cents, left.commission_tax_cents)
    vendor = whole - sum(fees)
    if vendor >= 0:
        tax, commission, commission_tax, rest = apportion(cents, (*fees, vendor))
        return tax, commission, commission_tax, rest
    # Fees above the price: the state's tax goes back as for every line; of the platform's fees as
    # much as is left, which is less than was charged. The vendor, who was owed nothing, bears
    # nothing, and is not paid for a refund either.
    tax = apportion(cents, (withheld, whole - withheld))[0]
    commission, commission_tax = apportion(cents - tax, fees[1:])
    return tax, commission, commission_tax, 0
