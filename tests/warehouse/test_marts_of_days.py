"""Days of vendors, of the market, of categories and of products, against figures done by hand."""

from datetime import UTC, date, datetime, timedelta

from tests.warehouse.loaded import Warehouse, rows
from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build

# In New York this is still the evening of the 9th.
EVENING = datetime(2026, 3, 10, 2, tzinfo=UTC)
LATER = datetime(2026, 3, 12, 15, tzinfo=UTC)


def test_a_vendors_days_are_the_markets_and_leave_none_out(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    ada, bea = market.vendor("Ada"), market.vendor("Bea")
    cup, bowl = market.offer(ada, price_cents=1000), market.offer(bea, price_cents=333)
    first, second = market.shopper(), market.shopper()
    market.order(first, [(cup, 2)], EVENING)
    market.order(first, [(cup, 1)], EVENING)
    market.order(second, [(cup, 1), (bowl, 3)], LATER)
    market.order(second, [(cup, 9)], LATER, status="cancelled")
    load_and_build(warehouse, pipeline_database_url)
    columns = """order_date, orders, customers, units, sales_cents, shipping_cents,
                 commission_cents, processing_cents, net_cents"""
    assert rows(warehouse, f"select {columns} from marts.vendor_daily where vendor_id = {ada}") == [
        (date(2026, 3, 9), 2, 1, 3, 3000, 980, 90, 115, 3775),
        (date(2026, 3, 10), 0, 0, 0, 0, 0, 0, 0, 0),
        (date(2026, 3, 11), 0, 0, 0, 0, 0, 0, 0, 0),
        (date(2026, 3, 12), 1, 1, 1, 1000, 490, 30, 43, 1417),
    ]
    assert rows(warehouse, f"select {columns} from marts.vendor_daily where vendor_id = {bea}") == [
        (date(2026, 3, 12), 1, 1, 3, 999, 490, 30, 43, 1416)
    ]


def test_a_day_of_the_market_counts_each_order_vendor_shopper_and_visit_once(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup, bowl = market.offer(market.vendor(), 1000), market.offer(market.vendor(), 333)
    first, second = market.shopper(), market.shopper()
    both = market.order(first, [(cup, 2), (bowl, 3)], EVENING)
    refunded = market.order(first, [(cup, 1)], EVENING)
    unpaid = market.order(second, [(cup, 1)], EVENING, status="pending_payment")
    cancelled = market.order(second, [(cup, 9)], EVENING, status="cancelled")
    market.order(second, [(cup, 1)], LATER)
    market.refund(refunded, LATER)
    for order_id, status in (
        (both, "succeeded"), (cancelled, "failed"), (cancelled, "cancelled"), (unpaid, "created"),
    ):  # fmt: skip
        market.pay(order_id, status, EVENING)
    for kind, pseudonym, minutes in (
        ("view", first.pseudonym, 0), ("cart", first.pseudonym, 1),
        ("cart", 77, 0), ("click", 77, 60),
    ):  # fmt: skip
        market.event(kind, pseudonym, cup, EVENING + timedelta(minutes=minutes))
    load_and_build(warehouse, pipeline_database_url)
    figures = """orders, vendor_orders, vendors, customers, units, sales_cents, shipping_cents,
                 commission_cents, processing_cents, net_cents"""
    placed = "placed_orders, placed_cents, paid_orders, paid_cents, paid_commission_cents"
    paid_by = "ended_payments, succeeded_payments"
    visits = "sessions, viewing_sessions, carting_sessions, ordering_sessions, visitors"
    of_day = "from marts.operator_daily where order_date = date '2026-03-09'"
    # 2,000 and 999 of both vendors, 1,000 of the first again.
    assert rows(warehouse, f"select {figures} {of_day}") == [
        (2, 3, 2, 1, 6, 3999, 1470, 120, 158, 5191)
    ]
    # With the unpaid 1,000 and the cancelled 9,000.
    assert rows(warehouse, f"select {placed} {of_day}") == [(4, 13999, 3, 12999, 390)]
    assert rows(warehouse, f"select {paid_by} {of_day}") == [(3, 1)]
    assert rows(warehouse, f"select {visits} {of_day}") == [(3, 1, 2, 1, 2)]
    assert rows(
        warehouse,
        """select order_date, refunded_cents from marts.operator_daily
           where refunded_cents > 0""",
    ) == [(date(2026, 3, 12), 1000)]


def test_the_markets_days_reach_from_the_first_visit_to_the_last_refund_or_payment(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup, shopper = market.offer(market.vendor(), 1000), market.shopper()
    order_id = market.order(shopper, [(cup, 1)], EVENING)
    market.refund(order_id, EVENING + timedelta(days=3))
    market.event("view", 77, cup, EVENING - timedelta(days=2))
    load_and_build(warehouse, pipeline_database_url)
    assert rows(
        warehouse,
        """select order_date, sessions, placed_cents, refunded_cents from marts.operator_daily
           where sessions + placed_cents + refunded_cents > 0""",
    ) == [
        (date(2026, 3, 7), 1, 0, 0), (date(2026, 3, 9), 0, 1000, 0), (date(2026, 3, 12), 0, 0, 1000)
    ]  # fmt: skip
    assert rows(warehouse, "select count(*) from marts.operator_daily") == [(6,)]
    market.pay(order_id, "failed", EVENING + timedelta(days=4))
    load_and_build(warehouse, pipeline_database_url)
    assert rows(
        warehouse,
        "select max(order_date) from marts.operator_daily where ended_payments > 0",
    ) == [(date(2026, 3, 13),)]


def test_a_repeat_is_a_later_counted_order_from_the_same_vendor(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    ada, bea = market.vendor(), market.vendor()
    cup, bowl, shopper = market.offer(ada, 1000), market.offer(bea, 300), market.shopper()
    market.order(shopper, [(cup, 1)], EVENING, status="cancelled")
    market.order(shopper, [(bowl, 1)], EVENING + timedelta(minutes=1))
    market.order(shopper, [(cup, 1)], EVENING + timedelta(minutes=2))
    market.order(shopper, [(cup, 1)], EVENING + timedelta(minutes=3), status="pending_payment")
    market.order(shopper, [(cup, 1)], EVENING + timedelta(minutes=4))
    load_and_build(warehouse, pipeline_database_url)
    assert rows(
        warehouse,
        """select vendor_id, orders, repeat_orders, placed_orders, placed_cents, paid_orders,
                  paid_cents from marts.vendor_daily order by vendor_id""",
    ) == [(ada, 2, 1, 4, 4000, 3, 3000), (bea, 1, 0, 1, 300, 1, 300)]


def test_a_categorys_day_counts_vendors_and_products_once_and_leaves_its_parts_to_themselves(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    kitchen = market.category("Kitchen")
    cups, vendor_id, shopper = market.category("Cups", kitchen), market.vendor(), market.shopper()
    small, large = (market.offer(vendor_id, price) for price in (400, 600))
    seen, elsewhere = market.offer(market.vendor()), market.offer(market.vendor())
    for offer_id in (small, large, seen):
        market.ask(
            """update products set category_id = %s
               where product_id = (select product_id from offers where offer_id = %s)""",
            cups, offer_id,
        )  # fmt: skip
    market.order(shopper, [(small, 2), (large, 1), (elsewhere, 5)], EVENING)
    for kind in ("view", "view", "view", "click", "click", "cart"):
        market.event(kind, shopper.pseudonym, seen, EVENING)
    load_and_build(warehouse, pipeline_database_url)
    assert rows(
        warehouse,
        """select path, order_date, units, sales_cents, vendors, products, views, clicks, carts
           from marts.category_daily inner join marts.categories using (category_id)
           order by path""",
    ) == [
        ("Kitchen", date(2026, 3, 9), 0, 0, 0, 0, 0, 0, 0),
        ("Kitchen > Cups", date(2026, 3, 9), 3, 1400, 1, 2, 3, 2, 1),
    ]


def test_product_days_hold_sales_and_attention(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup = market.offer(market.vendor(), 1000)
    unseen, other_sku = market.offer(market.vendor()), market.offer(market.vendor())
    market.ask(
        """update offers set (product_id, vendor_id) = (
               select product_id, vendor_id from offers where offer_id = %s)
           where offer_id = %s""",
        cup, other_sku,
    )  # fmt: skip
    shopper = market.shopper()
    market.order(shopper, [(cup, 1), (other_sku, 1)], LATER)
    for kind in ("view", "view", "click", "cart", "impression"):
        market.event(kind, shopper.pseudonym, cup, LATER)
    market.event("view", shopper.pseudonym, unseen, EVENING)
    load_and_build(warehouse, pipeline_database_url)
    assert rows(
        warehouse,
        """select order_date, orders, units, sales_cents, views, clicks, carts
           from marts.product_daily order by order_date""",
    ) == [
        (date(2026, 3, 9), 0, 0, 0, 1, 0, 0),
        (date(2026, 3, 12), 1, 2, 2000, 2, 1, 1),
    ]
