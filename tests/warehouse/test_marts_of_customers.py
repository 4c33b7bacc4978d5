"""Cohorts, segments and what is bought together, against figures done by hand."""

from datetime import UTC, date, datetime

import duckdb
import pytest

from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse.graph import models

Warehouse = duckdb.DuckDBPyConnection


def month(number: int) -> datetime:
    return datetime(2026, number, 10, 16, tzinfo=UTC)


def test_a_cohort_is_of_the_market_and_of_each_vendor(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    ada, bea = market.vendor(), market.vendor()
    cup, bowl = market.offer(ada, 1_000), market.offer(bea, 500)
    loyal, once = market.shopper(), market.shopper()
    for shopper, offer_id, number in (
        (loyal, cup, 1), (once, cup, 1), (loyal, bowl, 2), (loyal, cup, 3), (loyal, cup, 3),
    ):  # fmt: skip
        market.order(shopper, [(offer_id, 1)], month(number))
    market.order(once, [(cup, 1)], month(4), status="cancelled")
    load_and_build(warehouse, pipeline_database_url)
    january, february = date(2026, 1, 1), date(2026, 2, 1)
    assert warehouse.sql(
        """select vendor_id, cohort_month, months_since, cohort_customers, customers, orders,
                  sales_cents from marts.cohorts order by vendor_id nulls first, cohort_month,
                  months_since"""
    ).fetchall() == [
        (None, january, 0, 2, 2, 2, 2_000),
        (None, january, 1, 2, 1, 1, 500),
        (None, january, 2, 2, 1, 2, 2_000),
        (ada, january, 0, 2, 2, 2, 2_000),
        (ada, january, 2, 2, 1, 2, 2_000),
        (bea, february, 0, 1, 1, 1, 500),
    ]


def test_customers_are_told_apart_by_recency_and_frequency(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup = market.offer(market.vendor(), 1_000)
    # Five customers, a fifth each: by their last order, and by how many they placed.
    for orders in ((1,), (1, 2), (1, 3, 3), (4,), (2, 3, 4, 5)):
        shopper = market.shopper()
        for number in orders:
            market.order(shopper, [(cup, 1)], month(number))
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        """select segment, customers, orders, sales_cents from marts.rfm_segments
           where vendor_id is null order by segment"""
    ).fetchall() == [
        ("at_risk", 1, 2, 2_000),
        ("champions", 1, 4, 4_000),
        ("lost", 1, 1, 1_000),
        ("loyal", 1, 3, 3_000),
        ("new", 1, 1, 1_000),
    ]


def test_a_vendors_segments_rank_its_own_customers_alone(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    ada, bea = market.vendor(), market.vendor()
    cup, bowl = market.offer(ada, 1_000), market.offer(bea, 500)
    for number in (2, 3, 4, 5):
        market.order(market.shopper(), [(cup, 1)], month(number))
    early = market.shopper()
    market.order(early, [(bowl, 1)], month(1))
    market.order(early, [(bowl, 1)], month(6), status="cancelled")
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        """select vendor_id, segment, customers, orders, sales_cents from marts.rfm_segments
           order by vendor_id nulls first, segment"""
    ).fetchall() == [
        (None, "lost", 1, 1, 500),
        (None, "new", 2, 2, 2_000),
        (None, "one_time", 2, 2, 2_000),
        (ada, "new", 2, 2, 2_000),
        (ada, "one_time", 2, 2, 2_000),
        (bea, "new", 1, 1, 500),  # the first of the market's customers, and the only one of hers
    ]


def test_lift_is_how_much_more_often_than_by_chance(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    vendor_id, shopper = market.vendor(), market.shopper()
    cup, saucer, bowl = (market.offer(vendor_id) for _ in range(3))
    baskets = [(cup, saucer)] * 3 + [(cup,), (bowl,)] + [(cup, bowl)] * 2
    for basket in baskets:
        market.order(shopper, [(offer_id, 1) for offer_id in basket], month(1))
    market.order(shopper, [(saucer, 1), (bowl, 1)], month(1), status="cancelled")
    load_and_build(warehouse, pipeline_database_url)
    [there, back] = warehouse.sql(
        """select both_orders, product_orders, other_orders, total_orders, confidence, lift
           from marts.affinity order by confidence"""
    ).fetchall()
    assert there == (3, 6, 3, 7, 0.5, 7 * 3 / (6 * 3))  # two orders of cup and bowl are too few
    assert back == (3, 3, 6, 7, 1.0, 7 * 3 / (6 * 3))


def pairs_of(warehouse: Warehouse, bought: str) -> list[tuple[int, int]]:
    """Product and other product of each pair, by the mart's SQL; `bought`: order, product, day."""
    warehouse.sql(f"""
        create schema if not exists marts;
        create table marts.order_lines as
        select *, 1 as quantity, true as is_counted
        from ({bought}) as lines (order_id, product_id, order_date)
    """)
    [affinity] = [model for model in models() if model.name == "affinity"]
    return [(row[0], row[1]) for row in warehouse.sql(affinity.sql).fetchall()]


@pytest.mark.parametrize(("other_days", "pairs"), [(364, 2), (365, 0)])
def test_what_was_bought_together_before_the_last_365_days_with_sales_is_forgotten(
    other_days: int, pairs: int, warehouse: Warehouse
) -> None:
    """Three orders of both products on one day, and one of the first on each of the days after."""
    found = pairs_of(
        warehouse,
        f"""select order_id, product_id, date '2024-01-01' from range(3) as baskets (order_id),
                range(2) as products (product_id)
            union all
            select 10 + day, 0, date '2024-01-02' + 2 * day::integer
            from range({other_days}) as days (day)""",
    )
    assert len(found) == pairs


@pytest.mark.parametrize(("products", "pairs"), [(50, 50 * 20), (51, 0)])
def test_a_basket_of_more_than_fifty_products_is_no_basket(
    products: int, pairs: int, warehouse: Warehouse
) -> None:
    """Three orders of all of them: each is told of twenty others."""
    found = pairs_of(
        warehouse,
        f"""select order_id, product_id, date '2024-01-01' from range(3) as baskets (order_id),
                range({products}) as products (product_id)""",
    )
    assert len(found) == pairs


def test_of_more_than_twenty_others_those_with_most_evidence_are_told(warehouse: Warehouse) -> None:
    """The first of 22 products, which is in every order, goes least with each of them."""
    found = pairs_of(
        warehouse,
        """select order_id, product_id, date '2024-01-01' from range(3) as baskets (order_id),
               range(22) as products (product_id)
           union all
           select 10 + number, 0, date '2024-01-01' from range(5) as alone (number)""",
    )
    assert [other for product, other in found if product == 21] == list(range(1, 21))


def test_thirty_orders_of_half_the_lift_tell_more_than_three(warehouse: Warehouse) -> None:
    """Product 0 is bought thirty times with 1, and three times with each of twenty rare others."""
    found = pairs_of(
        warehouse,
        """select order_id, product_id, date '2024-01-01' from range(30) as baskets (order_id),
               range(2) as products (product_id)
           union all
           select 100 + 3 * rare + basket, unnest([0, rare]), date '2024-01-01'
           from range(2, 22) as rares (rare), range(3) as baskets (basket)
           union all
           select 1000 + number, if(number < 30, 1, 99), date '2024-01-01'
           from range(1000) as alone (number)""",
    )
    others = [other for product, other in found if product == 0]
    assert (others[0], len(others)) == (1, 20)
