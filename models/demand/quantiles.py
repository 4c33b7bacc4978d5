"""Quantiles of counts with a given mean and variance: negative binomial, Poisson at its edge.

Snyder, Ord, Beaumont, "Forecasting the intermittent demand for slow-moving inventories",
International Journal of Forecasting 28 (2012) compare count distributions for demand.
"""

import numpy as np
from scipy import stats

from models.arrays import Float64

LEAST_MEAN = 1e-9
LEAST_EXCESS = 1e-6


def quantile(share: float, mean: Float64, variance: Float64) -> Float64:
    """The smallest count that is not exceeded with probability `share`; shapes as given."""
    mean = np.maximum(mean, LEAST_MEAN)
    excess = np.maximum(variance - mean, LEAST_EXCESS * mean)
    return np.asarray(stats.nbinom.ppf(share, mean**2 / excess, mean / (mean + excess)))


def pinball(share: float, actual: Float64, forecast: Float64) -> Float64:
    """The loss whose mean is least at the quantile: Koenker, Bassett, Econometrica 46 (1978)."""
    missed = actual - forecast
    loss: Float64 = np.maximum(share * missed, (share - 1) * missed)
    return loss
