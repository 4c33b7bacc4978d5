"""A history small enough to check by hand: two vendors, three offers, three orders."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import polars as pl
import psycopg
from psycopg.rows import dict_row
from rich.console import Console

from rynek.history.bulk import bulk_load, load
from rynek.history.frames import History
from transactional import invariants

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def history(orders: int = 3, currency: str = "USD", source: str = "small") -> History:
    """The first `orders` of: one of two vendors, one of a free line, one that was cancelled."""
    refs = ["o1", "o2", "o3"][:orders]
    return History.of(
        source,
        currency,
        "UTC",
        vendors=pl.DataFrame(
            {"ref": ["v1", "v2"], "name": ["One", "Two"], "country": "US", "created_at": NOON}
        ),
        categories=pl.DataFrame(
            {"ref": ["root", "leaf"], "parent_ref": [None, "root"], "name": ["Root", "Leaf"]}
        ),
        products=pl.DataFrame(
            {
                "ref": ["p1", "p2", "p3"],
                "category_ref": ["leaf", "leaf", None],
                "title": ['A "quoted", long\ntitle', "Two", "Three"],
                "created_at": NOON,
            }
        ),
        offers=pl.DataFrame(
            {
                "ref": ["f1", "f2", "f3"],
                "vendor_ref": ["v1", "v1", "v2"],
                "product_ref": ["p1", "p2", "p3"],
                "sku": ["A", "B", "C"],
                "price_cents": [1000, 333, 250],
                "status": "active",
                "received_units": [10, None, 5],
                "created_at": NOON,
            }
        ),
        shoppers=pl.DataFrame({"ref": ["s1", "s2"], "created_at": NOON}),
        orders=_orders().filter(pl.col("ref").is_in(refs)),
        vendor_orders=_vendor_orders().filter(pl.col("order_ref").is_in(refs)),
        lines=_lines().filter(pl.col("order_ref").is_in(refs)),
        payments=_payments().filter(pl.col("order_ref").is_in(refs)),
        adjustments=pl.DataFrame(
            {
                "ref": ["a1"],
                "vendor_ref": ["v1"],
                "shopper_ref": ["s1"],
                "product_ref": ["p1"],
                "quantity": [-1],
                "amount_cents": [-1000],
                "reason": ["cancellation"],
                "occurred_at": NOON,
            }
        ),
        events=pl.DataFrame(
            {
                "event_id": ["00000000-0000-7000-8000-000000000001"],
                "occurred_at": [NOON],
                "type": ["view"],
                "shopper_ref": ["s1"],
                "offer_ref": ["f1"],
            }
        ),
    )


def _orders() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "ref": ["o1", "o2", "o3"],
            "shopper_ref": ["s1", "s2", "s2"],
            "status": ["paid", "paid", "cancelled"],
            "placed_at": [NOON + timedelta(hours=hour) for hour in range(3)],
            "paid_at": [NOON, NOON + timedelta(hours=1), None],
            "cancelled_at": [None, None, NOON + timedelta(hours=2)],
        }
    )


def _vendor_orders() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "order_ref": ["o1", "o1", "o2", "o3"],
            "vendor_ref": ["v1", "v2", "v2", "v1"],
            "status": ["delivered", "paid", "shipped", "cancelled"],
            "shipping_cents": [100, 0, 0, 490],
        }
    )


def _lines() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "order_ref": ["o1", "o1", "o1", "o2", "o3"],
            "offer_ref": ["f1", "f2", "f3", "f3", "f1"],
            "quantity": [2, 1, 1, 1, 3],
            "line_cents": [2000, 333, 250, 0, 3000],
        }
    )


def _payments() -> pl.DataFrame:
    return pl.DataFrame(
        {"order_ref": ["o1", "o3"], "amount_cents": [2700, 50], "succeeded_at": [NOON, NOON]}
    )


def loaded(database_url: str, *histories: History) -> list[dict[str, int]]:
    """Load each in a transaction of its own; rows written by table."""
    counts = []
    for each in histories:
        with bulk_load(database_url, Console(file=StringIO())) as (connection, progress):
            counts.append(load(connection, each, progress))
    return counts


def rows(database_url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(query.encode()).fetchall()


def breaches(database_url: str) -> list[invariants.Breach]:
    """What the core itself finds wrong with the database."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        return invariants.check(connection)
