"""A listing too thin to speak for itself is drawn towards what listings of its category sell.

Poisson sales whose rates are gamma-distributed within the category, the prior by moments
(Robbins' empirical Bayes; Clayton, Kaldor, Biometrics 43, 1987). Old days count less: their weight
halves every HALF_LIFE_DAYS, as in the discounted counts of Harvey, Fernandes, Journal of Business &
Economic Statistics 7 (1989).
"""

import numpy as np

from models.arrays import Float64
from models.demand.level import Level
from models.demand.sales import Sales

HALF_LIFE_DAYS = 90.0
LEAST_SPREAD = 0.05  # of the category's rates, relative to their mean, squared


def pooled(sales: Sales) -> Level:
    """The posterior of the daily rate, per listing."""
    weight = 0.5 ** (np.arange(sales.n_days)[::-1] / HALF_LIFE_DAYS)
    units, days = weight @ sales.units, weight @ sales.open_share
    shape, rate = prior(sales, units, days)
    own_shape, own_rate = shape[sales.category] + units, rate[sales.category] + days
    return Level(own_shape / own_rate, own_shape / own_rate**2)


def prior(sales: Sales, units: Float64, days: Float64) -> tuple[Float64, Float64]:
    """`(n_categories,)` shape and rate of the gamma that a category's daily rates follow."""
    mean = (sales.of_category(units) + 1e-3) / (sales.of_category(days) + 1.0)
    expected = mean[sales.category] * days
    excess = sales.of_category((units - expected) ** 2 - expected)
    spread = excess / np.maximum(sales.of_category(days**2), 1e-9)
    spread = np.maximum(spread, LEAST_SPREAD * mean**2)
    return mean**2 / spread, mean / spread
