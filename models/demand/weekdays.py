"""How the days of a week differ, each listing's own days drawn towards its category's.

Miller, Williams, "Shrinkage estimators of time series seasonal factors and their effect on
forecasting accuracy", International Journal of Forecasting 19 (2003); the weight is that of a
gamma prior on Poisson counts, worth PRIOR_UNITS sold units.
"""

import numpy as np

from models.arrays import Float64
from models.demand.sales import WEEK, Sales

PRIOR_UNITS = 200.0
MARKET_UNITS = 500.0


def weekday_factors(sales: Sales) -> Float64:
    """`(7, n_listings)`, Monday first, 1 for a day like the average one."""
    units, days = _by_weekday(sales)
    expected = days * (units.sum(axis=0) / np.maximum(days.sum(axis=0), 1e-12))
    category = _shared(sales, units, expected)[:, sales.category]
    factors = (units + PRIOR_UNITS * category) / (expected + PRIOR_UNITS)
    return _centred(factors)


def _by_weekday(sales: Sales) -> tuple[Float64, Float64]:
    weekdays = sales.weekdays()
    units = [sales.units[weekdays == day].sum(axis=0, dtype=np.float64) for day in range(WEEK)]
    days = [sales.open_share[weekdays == day].sum(axis=0, dtype=np.float64) for day in range(WEEK)]
    return np.array(units), np.array(days)


def _shared(sales: Sales, units: Float64, expected: Float64) -> Float64:
    """`(7, n_categories)` the category's days, drawn towards the market's."""
    market = (units.sum(axis=1) + 1) / (expected.sum(axis=1) + 1)
    found = np.array([sales.of_category(row) for row in units])
    wanted = np.array([sales.of_category(row) for row in expected])
    shared: Float64 = (found + MARKET_UNITS * market[:, None]) / (wanted + MARKET_UNITS)
    return shared


def _centred(factors: Float64) -> Float64:
    centred: Float64 = factors / factors.mean(axis=0)
    return centred
