"""What a vendor's page, an operator and a closing month ask: the product's own SQL, overheard.

Postgres answers the same text.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from serving import figures, product_table, recent_orders
from serving.http.metrics import MARKET_METRICS
from serving.overlay import Overlay
from serving.spans import Grain, Span
from warehouse.benchmarks.measures import COMPARED
from warehouse.manifest import Manifest
from warehouse.metrics import METRICS
from warehouse.metrics.figure import Days
from warehouse.snapshot import Parameters, Snapshot

DASHBOARD_DAYS, MARKET_DAYS = 30, 365
PAGE = 20
SETTLED = ("late_shipment_30d", "on_time_delivery", "defect_rate", "conversion", "stock_out_rate")

# The market's part of the cohorts mart: customers by the month of their first order.
COHORTS = """
    with months as (
        select shopper_pseudonym, date_trunc('month', order_date) as order_month,
               count(*) as orders, sum(items_cents) as sales_cents
        from vendor_orders where is_counted group by 1, 2
    ),
    firsts as (
        select shopper_pseudonym, min(order_month) as cohort_month from months group by 1
    )
    select cohort_month, order_month, count(*) as customers, sum(orders)::bigint as orders,
           sum(sales_cents)::bigint as sales_cents
    from months inner join firsts using (shopper_pseudonym) group by 1, 2 order by 1, 2
"""

QUARTILES = """
    with months as (
        select vendor_id, date_trunc('month', order_date) as month,
               sum(sales_cents) as sales_cents, sum(orders) as orders
        from vendor_daily group by 1, 2
    )
    select month, count(*) as vendors,
           percentile_cont(0.25) within group (order by sales_cents) as lower_cents,
           percentile_cont(0.5) within group (order by sales_cents) as median_cents,
           percentile_cont(0.75) within group (order by sales_cents) as upper_cents
    from months where orders > 0 group by month order by month
"""


@dataclass(frozen=True)
class Asked:
    """One question as the product put it, how many rows answered it, and how soon."""

    sql: str
    parameters: Mapping[str, Any]
    rows: int
    seconds: float

    def for_postgres(self) -> str:
        """The same text with psycopg's placeholders."""
        return re.sub(r"\$(\w+)", r"%(\1)s", self.sql.replace("%", "%%"))


class Overheard(Snapshot):
    """A snapshot that notes what it is asked, and how long each answer took."""

    def __init__(self, published: Path, manifest: Manifest) -> None:
        super().__init__(published, manifest)
        self.asked: list[Asked] = []

    def listen(self, asking: Callable[["Overheard"], object]) -> list[Asked]:
        self.asked = []
        asking(self)
        return list(self.asked)

    def query(self, sql: str, parameters: Parameters | None = None) -> pl.DataFrame:
        started = time.perf_counter()
        answer = super().query(sql, parameters)
        self._note(sql, parameters, len(answer), started)
        return answer

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        started = time.perf_counter()
        answer = super().rows(sql, parameters)
        self._note(sql, parameters, len(answer), started)
        return answer

    def _note(self, sql: str, parameters: Parameters | None, rows: int, started: float) -> None:
        seconds = time.perf_counter() - started
        assert isinstance(parameters, Mapping | None), "the product names its parameters"
        self.asked.append(Asked(sql, parameters or {}, rows, seconds))


Asking = Callable[[Overheard], object]


def dashboard(vendor_id: int, now: datetime) -> dict[str, Asking]:
    """What a vendor's page asks when it opens, by the part of the page."""
    span = Span(now.date() - timedelta(days=DASHBOARD_DAYS - 1), now.date())
    zone = now.tzinfo
    assert isinstance(zone, ZoneInfo), "the market's zone has a name"
    settled = [METRICS[metric_id] for metric_id in SETTLED]

    def latest(snapshot: Overheard) -> object:
        shown, _ = recent_orders.page(snapshot, vendor_id, [], status=None, after=None, limit=PAGE)
        return recent_orders.images(snapshot, vendor_id, shown)

    return {
        "sales of 30 days and the 30 before": lambda snapshot: figures.vendor_orders(
            snapshot, vendor_id, span, [], zone
        ),
        "last 20 orders": latest,
        "products": lambda snapshot: product_table.products(
            snapshot, Overlay(), vendor_id, span, zone
        ),
        "service, visits and stock": lambda snapshot: figures.compare_published(
            snapshot, settled, span, vendor_id, now
        ),
    }


def market(now: datetime) -> dict[str, Asking]:
    """What is asked of the whole market: by its operator, by analysts, by the month's closing."""
    span = Span(now.date() - timedelta(days=MARKET_DAYS - 1), now.date())
    shown = [METRICS[metric_id] for metric_id in (*MARKET_METRICS.split(","), "customers")]
    end = now.date().replace(day=1) - timedelta(days=1)
    month = Days(end.replace(day=1), end)

    def by(grain: Grain) -> Asking:
        return lambda snapshot: figures.series_published(snapshot, shown, span, grain, None, now)

    def benchmarked(snapshot: Overheard) -> object:
        return [snapshot.rows(compared.sql(), compared.days(month)) for compared in COMPARED]

    return {
        "cohorts and retention": lambda snapshot: snapshot.rows(COHORTS),
        "quartiles of shops by month": lambda snapshot: snapshot.rows(QUARTILES),
        "benchmarked figures of a month": benchmarked,
        "the market by day": by("day"),
        "the market by month": by("month"),
    }
