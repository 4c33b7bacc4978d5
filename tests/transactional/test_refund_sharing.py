from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.settlement.refund_sharing import (
    LineLeft,
    RefundedLine,
    RefundTooLargeError,
    SharedLine,
    apportion,
    shared,
    spread,
)

LINE = LineLeft(
    line_id=1,
    vendor_order_id=1,
    vendor_id=1,
    offer_id=1,
    quantity=3,
    items_cents=1_000,
    shipping_cents=490,
    tax_cents=238,
    is_tax_withheld=True,
    commission_cents=45,
    commission_tax_cents=10,
    restockable_units=3,
)
PARTS = ("withheld_tax_cents", "commission_cents", "commission_tax_cents", "vendor_cents")


@st.composite
def lines(draw: st.DrawFn) -> LineLeft:
    items, shipping = draw(st.integers(0, 100_000)), draw(st.integers(0, 5_000))
    tax = draw(st.integers(0, (items + shipping) // 4))
    commission = draw(st.integers(0, (items + shipping) // 3))
    return replace(
        LINE,
        quantity=draw(st.integers(1, 20)),
        items_cents=items,
        shipping_cents=shipping,
        tax_cents=tax,
        is_tax_withheld=draw(st.booleans()),
        commission_cents=commission,
        commission_tax_cents=draw(st.integers(0, commission)),
    )


def rest(left: LineLeft, part: SharedLine) -> LineLeft:
    return replace(
        left,
        quantity=left.quantity - part.quantity,
        items_cents=left.items_cents - part.items_cents,
        shipping_cents=left.shipping_cents - part.shipping_cents,
        tax_cents=left.tax_cents - part.tax_cents,
        commission_cents=left.commission_cents - part.commission_cents,
        commission_tax_cents=left.commission_tax_cents - part.commission_tax_cents,
    )


def in_parts(line: LineLeft, fractions: Sequence[Fraction]) -> list[SharedLine]:
    """Refund these fractions of what is left, one after another, then the rest."""
    parts = []
    for fraction in fractions:
        wanted = RefundedLine(1, 0, int(line.items_cents * fraction), 0)
        parts.append(shared(line, wanted))
        line = rest(line, parts[-1])
    return [*parts, shared(line, RefundedLine(1))]


@given(lines(), st.lists(st.fractions(0, 1), max_size=8))
def test_refunds_in_parts_sum_to_the_whole_and_nothing_is_negative(
    line: LineLeft, fractions: list[Fraction]
) -> None:
    whole, parts = shared(line, RefundedLine(1)), in_parts(line, fractions)
    for name in (*PARTS, "items_cents", "shipping_cents", "tax_cents", "quantity"):
        assert sum(getattr(part, name) for part in parts) == getattr(whole, name), name
    for part in parts:
        amounts = [getattr(part, name) for name in PARTS]
        assert sum(amounts) == part.items_cents + part.shipping_cents
        assert min(amounts) >= 0


@given(lines(), st.permutations([Fraction(1, 3), Fraction(1, 7), Fraction(1, 2)]))
def test_the_order_of_parts_does_not_matter_for_the_total(
    line: LineLeft, fractions: list[Fraction]
) -> None:
    totals = [sum(getattr(part, name) for part in in_parts(line, fractions)) for name in PARTS]
    whole = shared(line, RefundedLine(1))
    assert totals == [getattr(whole, name) for name in PARTS]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=5), st.data())
def test_a_further_cent_goes_to_one_part_and_takes_from_none(
    weights: list[int], data: st.DataObject
) -> None:
    cents = data.draw(st.integers(0, max(sum(weights) - 1, 0)))
    before, after = apportion(cents, weights), apportion(min(cents + 1, sum(weights)), weights)
    gained = [more - less for less, more in zip(before, after, strict=True)]
    assert sorted(gained)[:-1] == [0] * (len(weights) - 1)
    assert all(part <= weight for part, weight in zip(before, weights, strict=True))
    assert sum(before) == min(cents, sum(weights))
    assert apportion(sum(weights), weights) == weights


def test_units_take_their_share_of_the_items_and_the_last_of_them_the_shipping() -> None:
    first = shared(LINE, RefundedLine(1, 1))
    assert (first.items_cents, first.shipping_cents) == (333, 0)
    last = shared(rest(LINE, first), RefundedLine(1, 2))
    assert (last.items_cents, last.shipping_cents) == (667, 490)
    assert first.vendor_cents + last.vendor_cents == 1_490 - 238 - 45 - 10


@pytest.mark.parametrize(
    "wanted",
    [RefundedLine(1, 4), RefundedLine(1, 0, 1_001), RefundedLine(1, None, None, 491)],
)
def test_more_than_is_left_is_refused_and_told(wanted: RefundedLine) -> None:
    with pytest.raises(RefundTooLargeError) as refusal:
        shared(LINE, wanted)
    assert refusal.value.details["left"] == {
        "quantity": 3,
        "items_cents": 1_000,
        "shipping_cents": 490,
    }


@given(lines(), st.integers(0, 100_000), st.lists(st.fractions(0, 1), max_size=8))
def test_of_fees_above_the_price_the_tax_comes_back_whole_and_the_vendor_bears_nothing(
    line: LineLeft, beyond: int, fractions: list[Fraction]
) -> None:
    whole = line.items_cents + line.shipping_cents
    dear = replace(line, commission_cents=whole + beyond + 1, is_tax_withheld=True)
    parts = in_parts(dear, fractions)
    assert sum(part.withheld_tax_cents for part in parts) == line.tax_cents
    assert {part.vendor_cents for part in parts} == {0}
    for part in parts:
        assert min(part.commission_cents, part.commission_tax_cents) >= 0


@given(st.lists(lines(), min_size=1, max_size=4), st.data())
def test_what_a_bank_took_is_spread_over_all_lines_to_the_cent(
    several: list[LineLeft], data: st.DataObject
) -> None:
    left = [replace(line, line_id=place) for place, line in enumerate(several)]
    whole = sum(line.items_cents + line.shipping_cents for line in left)
    cents = data.draw(st.integers(0, whole))
    parts = [shared(left[wanted.line_id], wanted) for wanted in spread(cents, left)]
    assert sum(part.items_cents + part.shipping_cents for part in parts) == cents
