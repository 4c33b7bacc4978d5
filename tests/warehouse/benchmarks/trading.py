"""Vendors whose trade is known, and what was closed of it."""

from datetime import UTC, date, datetime

import duckdb

from tests.warehouse.market import Market
from warehouse.benchmarks.measures import COMPARED, Compared
from warehouse.benchmarks.storage import KEPT

Warehouse = duckdb.DuckDBPyConnection

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def trade(market: Market, vendors: int, months: tuple[int, ...]) -> list[int]:
    """Vendors of which number n has ten orders of n × 10.00 in each of the months."""
    shopper = market.shopper()
    opened = [market.vendor() for _ in range(vendors)]
    for number, vendor_id in enumerate(opened, 1):
        offer_id = market.offer(vendor_id, price_cents=number * 1_000, units=1_000)
        for month in months:
            for day in range(1, 11):
                market.order(shopper, [(offer_id, 1)], at(month, day), status="delivered")
    return opened


def forget(warehouse: Warehouse) -> None:
    for table in KEPT:
        warehouse.sql(f"delete from {table}")


def order_values(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.sql(
        """select period_date, cohort, median, owners_at_least, lower_quartile
           from marts.benchmarks where metric_id = 'average_order_value' order by all"""
    ).fetchall()


def compared(metric_id: str) -> Compared:
    [found] = [compared for compared in COMPARED if compared.metric_id == metric_id]
    return found
