"""Whatever the rules: every column adds up, and how a cart was filled changes nothing."""

from datetime import UTC, datetime

from hypothesis import given, reject
from hypothesis import strategies as st

from transactional.checkout import carts
from transactional.checkout.commission import CommissionRule
from transactional.checkout.offered import Offered
from transactional.checkout.pricing import CostedOrder, OrderTooSmallError
from transactional.checkout.promotions import Promotion
from transactional.checkout.rules import Rules
from transactional.checkout.shelf import Shelf, Wanted
from transactional.checkout.shipping import Step, Zone
from transactional.checkout.tax import CommissionTaxRate, TaxRate

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 4, 1, tzinfo=UTC)
TODAY = NOW.date()
VENDORS, CATEGORIES, OFFERS = st.integers(1, 4), st.integers(1, 5), range(1, 13)
MAYBE_VENDOR, MAYBE_CATEGORY = st.none() | VENDORS, st.none() | CATEGORIES
SUMMED = (
    "shipping_cents", "discount_cents", "tax_cents", "withheld_tax_cents", "commission_cents",
    "commission_tax_cents", "processing_cents",
)  # fmt: skip


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    keys = st.integers(1, 10**6)
    return Rules(
        1,
        "Europe/Warsaw",
        categories=((1, None), (2, 1), (3, 2), (4, 1), (5, None)),
        commission=tuple(
            draw(
                st.lists(
                    st.builds(
                        CommissionRule, keys, MAYBE_VENDOR, MAYBE_CATEGORY, st.integers(0, 5_000),
                        st.just(NOW),
                    ),
                    max_size=5,
                )
            )
        ),
        taxes=tuple(
            draw(
                st.lists(
                    st.builds(
                        TaxRate, keys, st.just("DE"), MAYBE_CATEGORY, st.integers(0, 3_000),
                        st.booleans(), st.just(TODAY),
                    ),
                    max_size=5,
                )
            )
        ),
        commission_taxes=(CommissionTaxRate(1, "DE", draw(st.integers(0, 2_500)), TODAY),),
        promotions=tuple(
            draw(
                st.lists(
                    st.builds(
                        Promotion, keys, VENDORS, st.none(), MAYBE_CATEGORY, st.integers(1, 10_000),
                        st.just(NOW), st.just(LATER),
                    ),
                    max_size=4,
                )
            )
        ),
        zones=(Zone(1, None, (), (Step(2**62, draw(st.integers(0, 2_000)), 3),)),),
    )  # fmt: skip


def priced(shelf: Shelf, cart: list[Wanted]) -> CostedOrder:
    """What is worth less than Stripe charges says nothing about sums."""
    try:
        return carts.price(shelf, cart, "DE")
    except OrderTooSmallError:
        reject()


@st.composite
def shelves(draw: st.DrawFn) -> Shelf:
    known = draw(rules())
    offers = {
        key: Offered(
            key, key, None, draw(VENDORS), draw(MAYBE_CATEGORY), draw(st.integers(0, 50_000)),
            draw(st.integers(0, 3_000)), True, "DE", 2, "{1,2,3,4,5}", "{}", 1,
        )
        for key in OFFERS
    }  # fmt: skip
    return Shelf(offers, {}, known, known.moment(NOW))


wanted = st.lists(
    st.builds(Wanted, st.sampled_from(OFFERS), st.integers(1, 5)), min_size=1, max_size=20
)


def total(order: CostedOrder, column: str) -> int:
    return sum(getattr(line, column) for part in order.parts for line in part.lines)


@given(shelves(), wanted)
def test_lines_add_up_to_parts_and_parts_to_the_order(shelf: Shelf, cart: list[Wanted]) -> None:
    order = priced(shelf, cart)
    for column in SUMMED:
        assert total(order, column) == sum(getattr(part, column) for part in order.parts)
    assert total(order, "line_cents") + total(order, "shipping_cents") == order.total_cents
    listed = sum(shelf.offers[line.offer_id or 0].price_cents * line.quantity for line in cart)
    assert listed == order.items_cents + order.discount_cents


@given(shelves(), wanted)
def test_no_share_is_negative_and_no_tax_exceeds_what_is_paid(
    shelf: Shelf, cart: list[Wanted]
) -> None:
    for part in priced(shelf, cart).parts:
        for line in part.lines:
            assert min(line.line_cents, *(getattr(line, column) for column in SUMMED)) >= 0
            assert line.tax_cents <= line.line_cents + line.shipping_cents
            assert line.withheld_tax_cents in (0, line.tax_cents)


@given(shelves(), wanted)
def test_a_vendor_owes_nothing_for_a_sale_but_roundings(shelf: Shelf, cart: list[Wanted]) -> None:
    for part in priced(shelf, cart).parts:
        assert part.net_cents >= -len(part.lines)


@given(shelves(), wanted.flatmap(lambda cart: st.tuples(st.just(cart), st.permutations(cart))))
def test_how_a_cart_was_filled_changes_no_cent(
    shelf: Shelf, both: tuple[list[Wanted], list[Wanted]]
) -> None:
    cart, shuffled = both
    assert priced(shelf, cart) == priced(shelf, shuffled)
