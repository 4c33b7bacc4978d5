import pytest

from tests.transactional.market import TestMarket
from transactional.catalogue import offers
from transactional.catalogue.offers import OfferChange, OfferUnknownError
from transactional.checkout import carts
from transactional.checkout.carts import OfferUnavailableError, Wanted
from transactional.ordering import expiry, orders
from transactional.ordering.orders import OrderNotOpenError
from transactional.payment import attempts, payments
from transactional.people import vendors


def test_one_cart_over_two_vendors_is_one_order_with_a_vendor_order_each(
    market: TestMarket,
) -> None:
    tea, cup = market.offer(price_cents=1_999), market.offer(price_cents=500)
    order_id = market.order((tea, 2), (cup, 1))
    with market.database.transaction() as connection:
        order = orders.read(connection, order_id)
    assert (order["items_cents"], order["shipping_cents"], order["total_cents"]) == (
        4_498,
        980,
        5_478,
    )
    assert [
        (part["items_cents"], part["commission_cents"], part["processing_cents"], part["net_cents"])
        for part in order["vendor_orders"]
    ] == [(3_998, 120, 130, 4_238), (500, 15, 29, 946)]
    assert order["hold_expires_at"] == market.clock() + orders.HOLD_LASTS


def test_prices_are_frozen_at_sale(market: TestMarket) -> None:
    offer = market.offer(price_cents=1_000)
    order_id = market.order((offer, 1))
    with market.database.transaction() as connection:
        change = OfferChange(price_cents=9_000)
        offers.change_offer(connection, offer, change, market.clock())
    assert market.value("select items_cents from orders where order_id = %s", order_id) == 1_000


def test_a_batch_of_orders_is_placed_in_one_go(market: TestMarket) -> None:
    offer, shopper = market.offer(units=10), market.shopper()["shopper_id"]
    with market.database.transaction() as connection:
        cart = carts.quote(connection, [Wanted(offer, 3)], carts.ANYWHERE, market.clock())
        purchase = orders.Purchase(shopper, cart, market.clock())
        order_ids = orders.place(connection, [purchase, purchase, purchase], market.clock())
    assert len(set(order_ids)) == 3
    assert market.units(offer) == (1, 9, 0)


def test_the_same_offer_on_two_lines_holds_the_units_of_both(market: TestMarket) -> None:
    offer = market.offer(units=10)
    order_id = market.order((offer, 2), (offer, 3))
    assert market.units(offer) == (5, 5, 0)
    lines = market.rows(
        "select quantity from order_lines where order_id = %s order by line_id", order_id
    )
    assert [line["quantity"] for line in lines] == [2, 3]


def test_an_unknown_offer_is_named(market: TestMarket) -> None:
    with pytest.raises(OfferUnknownError) as refusal:
        market.order((market.offer(), 1), (999_999, 1))
    assert refusal.value.details == {"offers": ["off_999999"]}


def test_a_paused_offer_and_a_suspended_vendors_offer_cannot_be_bought(
    market: TestMarket,
) -> None:
    vendor = market.vendor()
    paused, suspended = market.offer(), market.offer(vendor=vendor)
    with market.database.transaction() as connection:
        offers.change_offer(connection, paused, OfferChange(status="paused"), market.clock())
        vendors.suspend(connection, vendor, market.clock())
    with pytest.raises(OfferUnavailableError) as refusal:
        market.order((paused, 1), (suspended, 1))
    assert refusal.value.details == {"offers": [f"off_{paused}", f"off_{suspended}"]}


def test_a_lapsed_hold_cancels_its_order_and_frees_its_units(market: TestMarket) -> None:
    offer = market.offer(units=3)
    order_id = market.order((offer, 3))
    market.clock.advance(minutes=14, seconds=59)
    assert expiry.sweep(market.database, market.clock()) == 0
    market.clock.advance(seconds=1)
    assert expiry.sweep(market.database, market.clock()) == 1
    assert market.status(order_id) == "cancelled"
    assert market.value("select cancel_reason from vendor_orders") == "unpaid"
    assert market.units(offer) == (3, 0, 0)
    assert expiry.sweep(market.database, market.clock()) == 0


def test_a_hold_whose_payment_is_being_answered_does_not_lapse(market: TestMarket) -> None:
    offer = market.offer(units=1)
    order_id = market.order((offer, 1))
    with market.database.transaction() as connection:
        begun = payments.begin(connection, order_id, "pm_card_visa", market.clock())
    market.clock.advance(hours=1)
    assert expiry.sweep(market.database, market.clock()) == 0
    assert begun is not None
    payments.finish(market.database, market.gateway, begun, market.clock())
    assert market.status(order_id) == "paid"


def test_a_cancelled_order_gives_its_units_back_once(market: TestMarket) -> None:
    offer = market.offer(units=2)
    order_id = market.order((offer, 2))
    with market.database.transaction() as connection:
        orders.cancel(connection, order_id, market.clock())
    assert market.units(offer) == (2, 0, 0)
    with market.database.transaction() as connection, pytest.raises(OrderNotOpenError):
        orders.cancel(connection, order_id, market.clock())


def test_a_paid_order_and_one_being_paid_cannot_be_cancelled(market: TestMarket) -> None:
    paid, paying = market.paid_order((market.offer(), 1)), market.order((market.offer(), 1))
    with market.database.transaction() as connection:
        payments.begin(connection, paying, "pm_card_visa", market.clock())
    with market.database.transaction() as connection:
        with pytest.raises(OrderNotOpenError):
            orders.cancel(connection, paid, market.clock())
        with pytest.raises(attempts.PaymentInProgressError):
            orders.cancel(connection, paying, market.clock())


def test_every_change_of_a_vendor_order_is_a_fact_of_its_version(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 2))
    facts = market.rows(
        "select version, payload from outbox where type = 'vendor_order.changed' order by id"
    )
    assert [(fact["version"], fact["payload"]["status"]) for fact in facts] == [
        (1, "pending_payment"),
        (2, "paid"),
    ]
    last = facts[-1]["payload"]
    assert last["order_id"] == order_id
    assert [line["quantity"] for line in last["lines"]] == [2]
    assert last["net_cents"] == last["items_cents"] + last["shipping_cents"] - (
        last["commission_cents"] + last["processing_cents"]
    )
