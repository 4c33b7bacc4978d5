"""A market small enough to know every figure by heart."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse.build import build
from warehouse.errors import MartsMissing
from warehouse.load import load

Warehouse = duckdb.DuckDBPyConnection

# In New York this is still the evening of the 9th.
EVENING = datetime(2026, 3, 10, 2, tzinfo=UTC)
LATER = datetime(2026, 3, 12, 15, tzinfo=UTC)


def rows(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return warehouse.sql(sql).fetchall()


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


def test_the_markets_days_reach_from_the_first_visit_to_the_last_refund(
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


def test_an_order_counts_once_it_is_paid(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    offer_id, shopper = market.offer(market.vendor()), market.shopper()
    for status in ("pending_payment", "paid", "shipped", "delivered", "cancelled"):
        market.order(shopper, [(offer_id, 1)], status=status)
    lapsed = market.order(shopper, [(offer_id, 1)], status="cancelled")
    market.ask("update vendor_orders set paid_at = null where order_id = %s", lapsed)
    load_and_build(warehouse, pipeline_database_url)
    told = rows(warehouse, "select status, is_counted, is_paid from marts.vendor_orders")
    assert sorted(told) == [
        ("cancelled", False, False),  # it lapsed before it was paid
        ("cancelled", False, True),
        ("delivered", True, True),
        ("paid", True, True),
        ("pending_payment", False, False),
        ("shipped", True, True),
    ]


def test_an_order_is_what_its_vendors_share(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup, bowl = market.offer(market.vendor(), 1000), market.offer(market.vendor(), 333)
    market.order(market.shopper(), [(cup, 1), (bowl, 3)], EVENING)
    load_and_build(warehouse, pipeline_database_url)
    assert rows(
        warehouse,
        """select order_date, vendors, units, items_cents, shipping_cents, total_cents,
                  commission_cents, processing_cents, net_cents from marts.orders""",
    ) == [(date(2026, 3, 9), 2, 4, 1999, 980, 2979, 60, 86, 2833)]


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


def test_a_visitors_events_become_the_shoppers_after_signing_in(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    offer_id, shopper = market.offer(market.vendor()), market.shopper()
    market.event("view", market.visitor(merged_into=shopper), offer_id)
    market.event("view", 77, offer_id)
    market.order(shopper, [(offer_id, 4)])
    load_and_build(warehouse, pipeline_database_url)
    assert set(
        rows(warehouse, "select shopper_pseudonym, type, quantity from marts.interactions")
    ) == {
        (shopper.pseudonym, "view", None),
        (77, "view", None),
        (shopper.pseudonym, "purchase", 4),
    }


def test_a_list_is_a_search_or_a_recommendation_and_clicked_or_not_on_its_day(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    offer_id = market.offer(market.vendor())
    for kind, offer, list_id in [
        ("search", None, "clicked"), ("impression", offer_id, "clicked"),
        ("click", offer_id, "clicked"), ("search", None, "unanswered"),
        ("impression", offer_id, "home"), ("impression", offer_id, "home"),
        ("impression", offer_id, "cart"), ("click", offer_id, "cart"), ("view", offer_id, None),
    ]:  # fmt: skip
        market.event(kind, 77, offer, list_id=list_id)
    load_and_build(warehouse, pipeline_database_url)
    assert rows(warehouse, "from marts.list_daily") == [(date(2026, 3, 10), 2, 1, 1, 2, 1)]


def test_an_offer_shows_its_product_stock_and_vendor(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    offer_id = market.offer(market.vendor(), price_cents=700, units=3)
    load_and_build(warehouse, pipeline_database_url)
    assert rows(
        warehouse,
        """select offer_id, price_cents, offer_status, vendor_status, available_units,
                  low_stock_threshold, stock_version, offer_version from marts.offers""",
    ) == [(offer_id, 700, "active", "active", 3, 5, 1, 1)]


def test_a_products_lowest_price_is_known_at_every_moment_since_its_first(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cheap, dear = market.offer(market.vendor(), 700), market.offer(market.vendor(), 900)
    never_changed = market.offer(market.vendor())
    product_id = market.value("select product_id from offers where offer_id = %s", cheap)
    market.ask("update offers set product_id = %s where offer_id = %s", product_id, dear)
    market.ask("delete from offer_prices")
    for offer_id, price_cents, from_at in [
        (cheap, 700, EVENING), (dear, 900, EVENING), (never_changed, 500, EVENING),
        (dear, 800, EVENING.replace(day=11)), (cheap, 1_000, EVENING.replace(day=12)),
        (dear, 600, EVENING.replace(day=13)),
    ]:  # fmt: skip
        market.ask(
            "insert into offer_prices (offer_id, price_cents, from_at) values (%s, %s, %s)",
            offer_id, price_cents, from_at,
        )  # fmt: skip
    load_and_build(warehouse, pipeline_database_url)
    # Dearer offers do not count, and the price of the cheapest held until it rose.
    assert rows(warehouse, "from marts.product_prices") == [
        (product_id, EVENING, 700),
        (product_id, EVENING.replace(day=12), 800),
        (product_id, EVENING.replace(day=13), 600),
    ]


def test_recent_items_are_those_of_a_vendors_last_hundred_orders(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    offer_id, shopper = market.offer(market.vendor()), market.shopper()
    for minute in range(60):
        market.order(shopper, [(offer_id, 1)], LATER.replace(minute=minute))
        market.order(shopper, [(offer_id, 2)], EVENING.replace(minute=minute))
    load_and_build(warehouse, pipeline_database_url)
    assert rows(
        warehouse,
        "select quantity, count(*) from marts.recent_order_items group by 1 order by 1",
    ) == [(1, 60), (2, 40)]


def test_an_open_market_without_sales_builds_empty_marts(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    load(warehouse, pipeline_database_url)
    assert {built.rows for built in build(warehouse)} == {0, None}


def test_marts_of_unchanged_rows_are_left_standing(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    vendor_id = market.vendor("Ada")
    load_and_build(warehouse, pipeline_database_url)
    load(warehouse, pipeline_database_url)
    assert build(warehouse) == []
    market.rename(vendor_id, "Bea")
    load(warehouse, pipeline_database_url)
    assert build(warehouse) != []
    assert rows(warehouse, "select name from marts.vendors") == [("Bea",)]


def test_nothing_is_built_before_the_first_load(warehouse: Warehouse) -> None:
    with pytest.raises(MartsMissing):
        build(warehouse)
