"""Offers and their products' prices, row by row."""

from datetime import UTC, datetime

from tests.warehouse.loaded import Warehouse, rows
from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build

# In New York this is still the evening of the 9th.
EVENING = datetime(2026, 3, 10, 2, tzinfo=UTC)


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
