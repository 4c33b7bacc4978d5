"""When to order again, and how much: the (s, S) rule with periodic review.

Silver, Pyke, Thomas, "Inventory and Production Management in Supply Chains" (4th ed., 2017),
chapter 6: the reorder point covers demand over the lead time with the wanted probability, the
order brings the stock up to what also covers the days until the next look.
"""

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64, Int64
from models.demand.forecast import Forecast

LONGEST_COVER_DAYS = 9_999.0


@dataclass(frozen=True)
class Policy:
    """How long a delivery takes and should last, and how often stock has to last as long."""

    lead_days: int = 7
    review_days: int = 28
    service_level: float = 0.95


@dataclass(frozen=True)
class Restock:
    """Arrays `(n_listings,)`; order_units is 0 above the reorder point."""

    reorder_point: Int64
    order_units: Int64
    days_of_cover: Float64


def restock(forecast: Forecast, available_units: Int64, policy: Policy) -> Restock:
    """What to order today; days of cover count expected sales, LONGEST_COVER_DAYS at most."""
    point = forecast.total_quantile(policy.service_level, policy.lead_days)
    target = forecast.total_quantile(policy.service_level, policy.lead_days + policy.review_days)
    wanted = np.where(available_units <= point, np.maximum(target - available_units, 0), 0)
    is_selling = forecast.total(policy.review_days) >= 1
    return Restock(
        reorder_point=point.astype(np.int64),
        order_units=np.where(is_selling, wanted, 0).astype(np.int64),
        days_of_cover=cover(forecast, available_units),
    )


def cover(forecast: Forecast, available_units: Int64) -> Float64:
    daily = forecast.week.mean(axis=0)
    days: Float64 = np.minimum(available_units / np.maximum(daily, 1e-9), LONGEST_COVER_DAYS)
    return days
