"""Simple exponential smoothing of sales freed of their weekdays, for what sells nearly daily.

Hyndman, Koehler, Ord, Snyder, "Forecasting with Exponential Smoothing" (2008), chapter 2:
l_t = l_(t-1) + a (y_t - l_(t-1)); each listing's `a` is the one with the least squared error of its
own one-day-ahead forecasts.
"""

import numpy as np

from models.arrays import Float64
from models.demand.level import Level
from models.demand.sales import Sales

WEIGHTS = (0.01, 0.02, 0.04, 0.08, 0.16)
FIRST_DAYS = 28


def smoothed(sales: Sales, factors: Float64) -> Level:
    """The level per listing; `factors` `(7, n_listings)` as of `weekday_factors`."""
    tried = [_run(sales, factors, weight) for weight in WEIGHTS]
    errors = np.array([error for _, error, _ in tried])
    best = errors.argmin(axis=0)
    mean, _, noise = (
        np.take_along_axis(np.array(part), best[None], axis=0)[0]
        for part in zip(*tried, strict=True)
    )
    weight = np.array(WEIGHTS)[best]
    return Level(mean, weight / (2 - weight) * noise)


def _run(sales: Sales, factors: Float64, weight: float) -> tuple[Float64, Float64, Float64]:
    """The last level, the squared error of all steps, and that error per open day."""
    weekdays = sales.weekdays()
    level = _start(sales)
    error, days = np.zeros_like(level), np.zeros_like(level)
    for day in range(sales.n_days):
        share = sales.open_share[day].astype(np.float64)
        expected_share = share * factors[weekdays[day]]
        surprise = sales.units[day] - level * expected_share
        error += surprise**2
        days += expected_share
        level = level + weight * surprise * (share > 0)
    return np.maximum(level, 0), error, error / np.maximum(days, 1)


def _start(sales: Sales) -> Float64:
    units = sales.units[:FIRST_DAYS].sum(axis=0, dtype=np.float64)
    days = sales.open_share[:FIRST_DAYS].sum(axis=0, dtype=np.float64)
    start: Float64 = units / np.maximum(days, 1)
    return start
