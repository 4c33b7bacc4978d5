"""Orders, their items and their purchases, row by row."""

from datetime import UTC, date, datetime

from tests.warehouse.loaded import Warehouse, rows
from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build

# In New York this is still the evening of the 9th.
EVENING = datetime(2026, 3, 10, 2, tzinfo=UTC)
LATER = datetime(2026, 3, 12, 15, tzinfo=UTC)


def test_an_order_counts_once_it_is_paid(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    offer_id, shopper = market.offer(market.vendor()), market.shopper()
    for status in ("pending_payment", "paid", "shipped", "delivered", "cancelled"):
        market.order(shopper, [(offer_id, 1)], status=status)
    lapsed = market.order(shopper, [(offer_id, 1)], status="cancelled")
    for table in ("orders", "vendor_orders"):
        market.ask(f"update {table} set paid_at = null where order_id = %s", lapsed)
    load_and_build(warehouse, pipeline_database_url)
    told = "select status, is_counted, is_paid from marts.{} order by all"
    assert rows(warehouse, told.format("vendor_orders")) == [
        ("cancelled", False, False),  # it lapsed before it was paid
        ("cancelled", False, True),
        ("delivered", True, True),
        ("paid", True, True),
        ("pending_payment", False, False),
        ("shipped", True, True),
    ]
    assert rows(warehouse, told.format("orders")) == [
        ("cancelled", False, False),
        ("cancelled", False, True),
        *[("paid", True, True)] * 3,  # what its vendors did since is their orders' to tell
        ("pending_payment", False, False),
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


def test_a_line_without_a_unit_is_no_purchase(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup, bowl = market.offer(market.vendor()), market.offer(market.vendor())
    market.order(market.shopper(), [(cup, 1), (bowl, 0)])
    market.order(market.shopper(), [(cup, 3)], status="cancelled")
    load_and_build(warehouse, pipeline_database_url)
    assert rows(warehouse, "select offer_id, quantity from marts.interactions") == [(cup, 1)]
