"""What a vendor's products will sell, from the snapshot's forecasts of its listings.

A product that the vendor lists more than once (as variants) is the sum of its listings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from models.demand import quantiles
from models.demand.forecast import Forecast
from models.demand.sales import WEEK
from serving.errors import ProductUnknown
from warehouse.snapshot import Snapshot

DAYS_AHEAD, PAST_WEEKS = 28, 12
LOW, HIGH = 0.05, 0.95

LISTINGS = """
-- grain: one product that the vendor lists, with the sums of its listings' forecasts
select
    product_id,
    any_value(title) as title,
    any_value(image_url) as image_url,
    sum(past_units)::bigint as past_units,
    sum(month_units) as month_units,
    sum(month_low)::bigint as month_low,
    sum(month_high)::bigint as month_high,
    sum(advised_at_units)::bigint as available_units,
    min(days_of_cover) as days_of_cover,
    sum(order_units)::bigint as order_units
from listing_forecasts
where vendor_id = $vendor_id and first_date is not null
group by product_id
order by month_units desc, product_id
limit $limit
"""

OF_PRODUCT = """
-- grain: one listing of the product
select * replace (advised_at_units as available_units)
from listing_forecasts
where vendor_id = $vendor_id and product_id = $product_id
order by offer_id
"""

SOLD = """
-- grain: one week before the forecast's first day, the newest first
select
    ($first - order_date - 1) // 7 as weeks_ago,
    sum(units)::bigint as units
from product_daily
where
    vendor_id = $vendor_id
    and product_id = $product_id
    and order_date between $first - $days and $first - 1
group by weeks_ago
"""


@dataclass(frozen=True)
class Ahead:
    """Days from `first` on: units expected, and what they stay above and below 19 times in 20."""

    first: date
    days: int
    expected: float
    low: int
    median: int
    high: int


@dataclass(frozen=True)
class ProductForecast:
    """One product of one vendor: weeks behind, days and weeks ahead, and each listing's advice."""

    title: str
    past: list[tuple[date, int]]
    days: list[Ahead]
    weeks: list[Ahead]
    month: Ahead | None
    listings: list[dict[str, Any]]


def listed(snapshot: Snapshot, vendor_id: int, limit: int) -> list[dict[str, Any]]:
    """The vendor's products with what 28 days should sell, the best sellers first."""
    return snapshot.query(LISTINGS, {"vendor_id": vendor_id, "limit": limit}).to_dicts()


def of_product(snapshot: Snapshot, vendor_id: int, product_id: int) -> ProductForecast:
    """The product's forecast; empty where it is not on sale. Raises ProductUnknown."""
    parameters = {"vendor_id": vendor_id, "product_id": product_id}
    rows = snapshot.query(OF_PRODUCT, parameters).to_dicts()
    if not rows:
        raise ProductUnknown(f"ven_{vendor_id} lists no prd_{product_id}.")
    known = [row for row in rows if row["first_date"]]
    if not known:
        return ProductForecast(rows[0]["title"], [], [], [], None, [])
    first: date = known[0]["first_date"]
    forecast = _forecast(known, first)
    return ProductForecast(
        title=rows[0]["title"],
        past=_past(snapshot, parameters, first),
        days=[_ahead(forecast, first, day, 1) for day in range(DAYS_AHEAD)],
        weeks=[_ahead(forecast, first, day, WEEK) for day in range(0, DAYS_AHEAD, WEEK)],
        month=_ahead(forecast, first, 0, DAYS_AHEAD),
        listings=known,
    )


def _forecast(rows: Sequence[dict[str, Any]], first: date) -> Forecast:
    nothing = np.zeros(len(rows), np.int64)
    return Forecast(
        week=np.array([row["weekday_units"] for row in rows]).T,
        variance=np.array([row["level_variance"] for row in rows]),
        dispersion=np.array([row["dispersion"] for row in rows]),
        first_weekday=first.weekday(),
        demand_class=nothing,
        method=nothing,
    )


def _ahead(forecast: Forecast, first: date, begin: int, days: int) -> Ahead:
    """The listings' sum over `days` days, `begin` days from the first."""
    means = forecast.means(DAYS_AHEAD)[begin : begin + days].sum(axis=0)
    mean = means.sum(keepdims=True)
    unsure = days**2 * forecast.variance
    variance = (forecast.dispersion * means + unsure).sum(keepdims=True)
    low, median, high = (
        int(quantiles.quantile(share, mean, variance)[0]) for share in (LOW, 0.5, HIGH)
    )
    return Ahead(first + timedelta(days=begin), days, float(mean[0]), low, median, high)


def _past(snapshot: Snapshot, parameters: dict[str, int], first: date) -> list[tuple[date, int]]:
    """(first day, units) of the weeks before, oldest first, without a gap."""
    asked = {**parameters, "first": first, "days": PAST_WEEKS * WEEK}
    sold = dict(snapshot.rows(SOLD, asked))
    return [
        (first - timedelta(weeks=weeks + 1), int(sold.get(weeks, 0)))
        for weeks in reversed(range(PAST_WEEKS))
    ]
