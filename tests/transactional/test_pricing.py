import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional import money
from transactional.checkout import pricing
from transactional.checkout.pricing import (
    CartLine,
    CostedOrder,
    OrderTooLargeError,
    OrderTooSmallError,
    Parcel,
    Terms,
)

FREE = {1: Parcel(0)}


def line(offer: int = 1, *, vendor: int = 1, quantity: int = 1, cents: int = 1_000) -> CartLine:
    return CartLine(offer, offer, vendor, quantity, cents)


def cost(*lines: CartLine) -> CostedOrder:
    return pricing.cost(lines, pricing.flat_shipping(lines))


carts = st.lists(
    st.builds(
        CartLine,
        offer_id=st.integers(1, 50),
        product_id=st.integers(1, 50),
        vendor_id=st.integers(1, 5),
        quantity=st.integers(1, 1_000),
        list_cents=st.integers(0, 10**7),
        terms=st.builds(
            Terms,
            discount_rate=st.integers(0, 10_000),
            tax_rate=st.sampled_from([0, 700, 1_900, 2_100]),
            is_tax_withheld=st.booleans(),
            commission_rate=st.integers(0, 10_000),
            commission_tax_rate=st.integers(0, 3_000),
        ),
    ),
    min_size=1,
    max_size=200,
)


@given(carts)
def test_every_cent_of_a_cart_is_on_exactly_one_line(lines: list[CartLine]) -> None:
    order = cost(*lines)
    costed = [line for part in order.parts for line in part.lines]
    assert len(costed) == len(lines)
    listed = sum(line.list_cents for line in lines)
    assert order.items_cents + order.discount_cents == listed
    assert order.shipping_cents == len(order.parts) * money.FLAT_SHIPPING_CENTS
    assert order.total_cents == sum(line.line_cents + line.shipping_cents for line in costed)
    assert sum(order.units_by_offer().values()) == sum(line.quantity for line in lines)


@given(carts)
def test_what_a_vendor_gets_and_what_is_kept_make_up_what_the_shopper_pays(
    lines: list[CartLine],
) -> None:
    for part in cost(*lines).parts:
        kept = part.commission_cents + part.processing_cents
        kept += part.commission_tax_cents + part.withheld_tax_cents
        assert part.net_cents + kept == part.total_cents


def test_a_cart_of_two_vendors_becomes_two_parts_with_their_own_shipping() -> None:
    order = cost(line(1, vendor=7), line(2, vendor=3), line(3, vendor=7))
    assert [(part.vendor_id, part.shipping_cents) for part in order.parts] == [(3, 490), (7, 490)]
    assert [line.offer_id for line in order.parts[1].lines] == [1, 3]


def test_fees_are_frozen_on_the_line_with_their_rates() -> None:
    (costed,) = cost(line(cents=1_999)).parts[0].lines
    assert (costed.commission_rate, costed.commission_cents) == (300, 60)
    assert (costed.processing_rate, costed.processing_cents) == (290, 72)


def test_the_same_offer_twice_stays_two_lines_and_wants_its_units_once() -> None:
    order = cost(line(4, quantity=2), line(4, quantity=3))
    assert len(order.parts[0].lines) == 2
    assert order.units_by_offer() == {4: 5}


def test_an_order_beyond_stripes_bounds_is_refused() -> None:
    with pytest.raises(OrderTooLargeError):
        pricing.refuse_unpayable(cost(line(cents=99_999_999)))
    pricing.refuse_unpayable(pricing.cost([line(cents=50)], FREE))
    with pytest.raises(OrderTooSmallError):
        pricing.refuse_unpayable(pricing.cost([line(cents=49)], FREE))


def test_a_part_by_hand() -> None:
    """Two lines of one vendor: 10 % off one, 19 % tax withheld, 23 % tax on the commission."""
    tea_terms = Terms(1, 1_000, 1_900, True, commission_tax_rate=2_300)
    cup_terms = Terms(None, 0, 1_900, True, commission_tax_rate=2_300)
    tea = CartLine(1, 1, 7, 2, 3_998, terms=tea_terms)
    cup = CartLine(2, 2, 7, 1, 500, terms=cup_terms)
    (part,) = cost(tea, cup).parts
    assert [
        (line.discount_cents, line.line_cents, line.shipping_cents, line.tax_cents)
        for line in part.lines
    ] == [(400, 3_598, 430, 644), (0, 500, 60, 89)]
    assert [
        (line.commission_cents, line.commission_tax_cents, line.processing_cents)
        for line in part.lines
    ] == [(108, 25, 117), (15, 3, 16)]
    assert part.withheld_tax_cents == part.tax_cents == 733  # of 45.88
    assert part.net_cents == 4_588 - 123 - 28 - 133 - 733


def test_three_equal_thirds_of_a_cent_of_tax_are_a_cent() -> None:
    lines = [CartLine(n, n, 1, 1, 1, terms=Terms(tax_rate=5_000)) for n in range(3)]
    (part,) = pricing.cost(lines, {1: Parcel(0)}).parts
    assert [line.tax_cents for line in part.lines] == [1, 0, 0]


def test_one_rate_withheld_and_one_not_are_rounded_apart() -> None:
    terms = Terms(tax_rate=5_000), Terms(tax_rate=5_000, is_tax_withheld=True)
    lines = [CartLine(n, n, 1, 1, 4, terms=each) for n, each in enumerate(terms)]
    (part,) = pricing.cost(lines, {1: Parcel(0)}).parts
    assert [(line.tax_cents, line.withheld_tax_cents) for line in part.lines] == [(1, 0), (1, 1)]


def test_a_gift_costs_its_vendor_nothing_but_the_fee_on_its_shipping() -> None:
    (part,) = cost(CartLine(1, 1, 1, 1, 1_000, terms=Terms(1, 10_000))).parts
    assert (part.discount_cents, part.items_cents, part.commission_cents) == (1_000, 0, 0)
    assert (part.shipping_cents, part.processing_cents, part.net_cents) == (490, 14, 476)
