"""Rules written, carts priced by them, and what an order froze."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.transactional.market import TestMarket
from transactional.catalogue import categories
from transactional.catalogue.offers import OfferUnknownError
from transactional.checkout import candidates, carts, commission_trace, rule_book, rules, shelf
from transactional.checkout.candidates import NoOfferError
from transactional.checkout.carts import Cart, CartTooLargeError, Destination, Wanted
from transactional.checkout.pricing import CostedOrder
from transactional.checkout.rule_book import (
    COMMISSION_RULES,
    COMMISSION_TAX_RATES,
    PROMOTIONS,
    TAX_RATES,
    Kind,
    RuleEndedError,
    RuleInPastError,
    RuleTargetUnknownError,
    RuleUnknownError,
)
from transactional.database import Row
from transactional.errors import MarketError
from transactional.ordering import orders
from transactional.ordering.order_rows import Purchase

GERMANY = Destination("DE")


def begin(market: TestMarket, kind: Kind, **values: Any) -> Row:
    with market.database.transaction() as connection:
        return rule_book.begin(connection, kind, values, market.clock())


def commission_rule(market: TestMarket, rate: int, **about: Any) -> Row:
    return begin(
        market, COMMISSION_RULES, **{"vendor_id": None, "category_id": None} | about, rate=rate
    )


def tax_rate(market: TestMarket, rate: int, **more: Any) -> Row:
    values = {"country": "DE", "category_id": None, "is_marketplace_tax": False, "rate": rate}
    return begin(market, TAX_RATES, **values | more)


def promotion(market: TestMarket, vendor_id: int, rate: int) -> Row:
    return begin(
        market, PROMOTIONS, vendor_id=vendor_id, product_id=None, category_id=None, name="Sale",
        rate=rate, ends_at=market.clock() + timedelta(days=1),
    )  # fmt: skip


def quote(market: TestMarket, *wanted: Wanted, destination: Destination = GERMANY) -> CostedOrder:
    with market.database.transaction() as connection:
        return carts.quote(connection, wanted, destination, market.clock())


def category(market: TestMarket, name: str, parent_id: int | None = None) -> int:
    with market.database.transaction() as connection:
        key: int = categories.create(connection, name, parent_id)["category_id"]
        return key


def put_into(market: TestMarket, offer_id: int, category_id: int) -> None:
    market.rows(
        "update products set category_id = %s where product_id ="
        " (select product_id from offers where offer_id = %s) returning product_id",
        category_id,
        offer_id,
    )


def vendor_of(market: TestMarket, offer_id: int) -> int:
    return int(market.value("select vendor_id from offers where offer_id = %s", offer_id))


def product_of(market: TestMarket, offer_id: int) -> int:
    return int(market.value("select product_id from offers where offer_id = %s", offer_id))


def test_without_a_rule_a_cart_pays_three_percent_no_tax_and_the_flat_fee(
    market: TestMarket,
) -> None:
    order = quote(market, Wanted(market.offer(price_cents=1_999), 1))
    (part,) = order.parts
    assert (order.total_cents, order.tax_cents, part.commission_cents) == (2_489, 0, 60)
    assert part.lines[0].commission_basis == "market"


def test_a_rule_counts_for_the_next_cart_and_its_end_for_the_one_after(market: TestMarket) -> None:
    offer = market.offer(price_cents=10_000)
    rule = commission_rule(market, 1_000)
    assert quote(market, Wanted(offer, 1)).parts[0].commission_cents == 1_000
    market.clock.advance(seconds=1)
    with market.database.transaction() as connection:
        rule_book.end(
            connection, COMMISSION_RULES, rule["commission_rule_id"], None, market.clock()
        )
    assert quote(market, Wanted(offer, 1)).parts[0].commission_cents == 300


def test_rules_are_read_once_for_many_carts(market: TestMarket) -> None:
    with market.database.transaction() as connection:
        first = rules.current(connection)
        assert rules.current(connection) is first
    commission_rule(market, 1_000)
    with market.database.transaction() as connection:
        assert rules.current(connection).version > first.version


def test_a_vendor_cannot_make_everybodys_rules_from_what_it_sees(market: TestMarket) -> None:
    commission_rule(market, 1_000)
    with market.database.transaction() as connection:
        connection.execute("set local role rynek_vendor")
        with pytest.raises(AssertionError):
            rules.current(connection)


def test_a_category_inherits_and_a_move_changes_the_next_quote_but_no_placed_line(
    market: TestMarket,
) -> None:
    drinks, luxury = category(market, "Drinks"), category(market, "Luxury")
    tea, offer = category(market, "Tea", drinks), market.offer(price_cents=10_000)
    put_into(market, offer, tea)
    commission_rule(market, 500, category_id=drinks)
    commission_rule(market, 2_000, category_id=luxury)
    order_id = market.order((offer, 1))
    with market.database.transaction() as connection:
        categories.move(connection, tea, luxury)
    assert quote(market, Wanted(offer, 1)).parts[0].lines[0].commission_rate == 2_000
    frozen = "select commission_rate, commission_basis from order_lines where order_id = %s"
    assert market.rows(frozen, order_id) == [
        {"commission_rate": 500, "commission_basis": "category"}
    ]


def test_a_line_tells_why_it_paid_its_rate(market: TestMarket) -> None:
    offer = market.offer()
    vendor, tea = vendor_of(market, offer), category(market, "Tea")
    put_into(market, offer, tea)
    everyone, own = commission_rule(market, 900), commission_rule(market, 100, vendor_id=vendor)
    commission_rule(market, 50, vendor_id=market.vendor())
    order_id = market.order((offer, 1))
    (line,) = market.rows(
        "select line_id, vendor_order_id from order_lines where order_id = %s", order_id
    )
    with market.database.transaction() as connection:
        trace = commission_trace.of_line(connection, line["vendor_order_id"], line["line_id"])
    assert trace.line["commission_rate"] == 100
    assert [(each.rule.commission_rule_id, each.outcome) for each in trace.rules] == [
        (own["commission_rule_id"], "applied"),
        (everyone["commission_rule_id"], "less_specific"),
    ]


def test_a_tax_begins_with_the_markets_day(market: TestMarket) -> None:
    market.clock.time = datetime(2026, 12, 31, 12, tzinfo=UTC)
    tax_rate(market, 1_900)
    tax_rate(market, 700, valid_from_date=date(2027, 1, 1))
    offer = market.offer(price_cents=11_900 - 490)
    market.clock.time = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)  # 23:59:59 in Warsaw
    assert quote(market, Wanted(offer, 1)).tax_cents == 1_900
    market.clock.time = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert quote(market, Wanted(offer, 1)).tax_cents == 779  # 7/107 of 119.00


def test_the_nearest_category_decides_the_tax_and_the_destination_the_country(
    market: TestMarket,
) -> None:
    food = category(market, "Food")
    tea, offer = category(market, "Tea", food), market.offer(price_cents=1_000)
    put_into(market, offer, tea)
    tax_rate(market, 1_900)
    tax_rate(market, 700, category_id=food)
    assert quote(market, Wanted(offer, 1)).parts[0].lines[0].tax_rate == 700
    abroad = quote(market, Wanted(offer, 1), destination=Destination("FR"))
    assert abroad.parts[0].lines[0].tax_rate == 0


def test_a_silent_cart_goes_to_its_shoppers_country_else_to_the_vendors(market: TestMarket) -> None:
    tax_rate(market, 1_900)
    tax_rate(market, 600, country="US")  # where the vendors of these tests are
    offer, shopper = market.offer(), market.shopper()["shopper_id"]
    silent = Destination(shopper_id=shopper)
    assert quote(market, Wanted(offer, 1), destination=silent).parts[0].lines[0].tax_rate == 600
    market.rows("update shoppers set country = 'DE' returning shopper_id")
    order = quote(market, Wanted(offer, 1), destination=silent)
    assert (order.ship_to_country, order.parts[0].lines[0].tax_rate) == ("DE", 1_900)


def test_a_placed_order_freezes_all_that_it_was_priced_by(market: TestMarket) -> None:
    offer = market.offer(price_cents=10_000)
    sale = promotion(market, vendor_of(market, offer), 1_000)
    tax_rate(market, 1_900, is_marketplace_tax=True)
    begin(market, COMMISSION_TAX_RATES, country="US", rate=2_300)
    address = {"country": "DE", "city": "Berlin"}
    destination = Destination("DE", address)
    with market.database.transaction() as connection:
        cart = carts.quote(connection, [Wanted(offer, 1)], destination, market.clock())
        shopper = market.shopper()["shopper_id"]
        purchase = Purchase(shopper, cart, market.clock(), address)
        (order_id,) = orders.place(connection, [purchase], market.clock())
    (part,) = market.rows(
        "select items_cents, discount_cents, tax_cents, withheld_tax_cents, commission_cents,"
        " commission_tax_cents, processing_cents, net_cents, weight_grams, deliver_by_date"
        " from vendor_orders where order_id = %s",
        order_id,
    )
    assert part.pop("deliver_by_date") == cart.parts[0].deliver_by_date
    assert part == {
        "items_cents": 9_000,
        "discount_cents": 1_000,
        "tax_cents": 1_515,
        "withheld_tax_cents": 1_515,
        "commission_cents": 270,
        "commission_tax_cents": 62,
        "processing_cents": 275,
        "net_cents": 9_490 - 1_515 - 270 - 62 - 275,
        "weight_grams": 500,
    }
    frozen = "select ship_to_country, ship_to, tax_cents from orders where order_id = %s"
    assert market.rows(frozen, order_id) == [
        {"ship_to_country": "DE", "ship_to": address, "tax_cents": 1_515}
    ]
    promoted = "select promotion_id from order_lines where order_id = %s"
    assert market.value(promoted, order_id) == sale["promotion_id"]


def test_the_largest_promotion_counts_while_it_lasts(market: TestMarket) -> None:
    offer = market.offer(price_cents=1_000)
    vendor = vendor_of(market, offer)
    for rate in (1_000, 3_000, 2_000):
        promotion(market, vendor, rate)
    assert quote(market, Wanted(offer, 1)).discount_cents == 300
    market.clock.advance(days=1)
    assert quote(market, Wanted(offer, 1)).discount_cents == 0


def test_a_cart_of_a_batch_that_cannot_be_priced_disturbs_no_other(market: TestMarket) -> None:
    offer = market.offer(price_cents=1_000)
    good, unknown = Cart([Wanted(offer, 1)]), Cart([Wanted(offer, 1), Wanted(999_999, 1)])
    with market.database.transaction() as connection:
        known = shelf.read(connection, [*good.wanted, *unknown.wanted], market.clock())
    answers = carts.price_many(known, [good, unknown, Cart([]), good])
    assert [type(answer) for answer in answers] == [
        CostedOrder,
        OfferUnknownError,
        CartTooLargeError,
        CostedOrder,
    ]


def test_a_cart_is_bounded_in_lines_units_and_vendors(market: TestMarket) -> None:
    offer = market.offer(price_cents=1, units=1_000)
    whole = quote(market, *[Wanted(offer, 1)] * carts.MOST_LINES)
    assert len(whole.parts[0].lines) == carts.MOST_LINES
    for wanted in (
        [],
        [Wanted(offer, 1)] * (carts.MOST_LINES + 1),
        [Wanted(offer, 0)],
        [Wanted(offer, carts.LARGEST_QUANTITY + 1)],
    ):
        with pytest.raises(CartTooLargeError):
            quote(market, *wanted)


def test_a_line_that_names_a_product_gets_the_offer_that_wins(market: TestMarket) -> None:
    dear, cheap = market.offer(price_cents=2_000), market.offer(price_cents=1_500, units=2)
    product = product_of(market, dear)
    market.rows(
        "update offers set product_id = %s where offer_id = %s returning offer_id", product, cheap
    )
    one = quote(market, Wanted(None, 1, product))
    assert [line.offer_id for line in one.parts[0].lines] == [cheap]
    both = quote(market, Wanted(None, 2, product), Wanted(None, 1, product))
    assert [line.offer_id for line in both.parts[0].lines] == [dear, dear]
    with pytest.raises(NoOfferError):
        quote(market, Wanted(None, 1_000, product))
    with market.database.transaction() as connection:
        ranked = candidates.ranking(connection, product, None, 1, "DE", market.clock())
    assert [each.candidate.offer.offer_id for each in ranked] == [cheap, dear]


def test_a_vendors_record_is_that_of_its_last_thirty_days(market: TestMarket) -> None:
    offer = market.offer()
    late = market.paid_order((offer, 1))
    market.paid_order((offer, 1))
    market.rows(
        "update vendor_orders set ship_by_at = %s where order_id = %s returning order_id",
        market.clock() - timedelta(hours=1),
        late,
    )

    def record() -> tuple[int, int, int]:
        with market.database.transaction() as connection:
            product = product_of(market, offer)
            (only,) = candidates.read(connection, [product], market.clock())[product]
        return only.orders, only.late_orders, only.cancelled_orders

    assert record() == (2, 1, 0)
    market.clock.advance(days=31)
    assert record() == (0, 0, 0)


def refusal(market: TestMarket, kind: Kind, **values: Any) -> type[MarketError]:
    with pytest.raises(MarketError) as refused:
        begin(market, kind, **values)
    return refused.type


def test_rules_about_nothing_or_in_the_past_are_refused(market: TestMarket) -> None:
    past = market.clock() - timedelta(seconds=1)
    everything = {"vendor_id": None, "category_id": None, "rate": 100}
    assert refusal(market, COMMISSION_RULES, **everything, valid_from=past) is RuleInPastError
    nobody = everything | {"vendor_id": 999_999}
    assert refusal(market, COMMISSION_RULES, **nobody) is RuleTargetUnknownError


def test_a_rule_ends_once_and_only_by_its_vendor(market: TestMarket) -> None:
    vendor = market.vendor()
    sale = promotion(market, vendor, 1_000)["promotion_id"]
    with market.database.transaction() as connection:
        with pytest.raises(RuleUnknownError):
            rule_book.end(connection, PROMOTIONS, sale, vendor + 1, market.clock())
        ended = rule_book.end(connection, PROMOTIONS, sale, vendor, market.clock())
        assert ended["ends_at"] > ended["starts_at"]
        market.clock.advance(seconds=1)
        with pytest.raises(RuleEndedError):
            rule_book.end(connection, PROMOTIONS, sale, vendor, market.clock())


def test_a_rule_that_has_not_begun_is_withdrawn(market: TestMarket) -> None:
    coming = commission_rule(market, 100, valid_from=market.clock() + timedelta(days=1))
    with market.database.transaction() as connection:
        rule_book.end(
            connection, COMMISSION_RULES, coming["commission_rule_id"], None, market.clock()
        )
        assert rule_book.list_page(connection, COMMISSION_RULES, None, 0, 10) == []


def test_every_thread_prices_by_the_rule_that_was_committed_before(market: TestMarket) -> None:
    offer = market.offer(price_cents=10_000)

    def rate() -> int:
        return quote(market, Wanted(offer, 1)).parts[0].lines[0].commission_rate

    with ThreadPoolExecutor(4) as threads:
        for wanted_rate in (500, 600, 700):
            commission_rule(market, wanted_rate)
            told = [threads.submit(rate) for _ in range(8)]
            assert {each.result() for each in told} == {wanted_rate}
