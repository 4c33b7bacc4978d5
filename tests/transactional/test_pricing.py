import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional import money, pricing
from transactional.pricing import CartLine, CostedOrder, OrderTooLargeError


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
        line_cents=st.integers(0, 10**7),
    ),
    min_size=1,
    max_size=200,
)


@given(carts, st.integers(0, 10_000), st.integers(0, 10_000))
def test_every_cent_of_a_cart_is_on_exactly_one_line(
    lines: list[CartLine], commission: int, processing: int
) -> None:
    order = pricing.cost(lines, pricing.flat_shipping(lines), commission, processing)
    costed = [line for part in order.parts for line in part.lines]
    assert len(costed) == len(lines)
    assert order.items_cents == sum(line.line_cents for line in lines)
    assert order.shipping_cents == len(order.parts) * money.FLAT_SHIPPING_CENTS
    assert order.total_cents == sum(line.line_cents + line.shipping_cents for line in costed)
    assert sum(order.units_by_offer().values()) == sum(line.quantity for line in lines)


@given(carts)
def test_what_a_vendor_gets_and_what_is_kept_make_up_what_the_shopper_pays(
    lines: list[CartLine],
) -> None:
    for part in cost(*lines).parts:
        kept = part.commission_cents + part.processing_cents
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


def test_an_order_beyond_stripes_ceiling_is_refused() -> None:
    with pytest.raises(OrderTooLargeError):
        pricing.refuse_too_large(cost(line(cents=99_999_999)))
