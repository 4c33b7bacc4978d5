"""Noisy estimates of things of one kind, drawn towards their mean as far as their spread allows.

Normal means with a flat prior on the common mean; the spread is summed over a grid (Gelman et al.,
"Bayesian Data Analysis", 3rd ed. 2013, section 5.4) under a prior in proportion to it, which keeps
it from nothing (Chung, Rabe-Hesketh, Dorie, Gelman, Liu, "A nondegenerate penalized likelihood
estimator for variance parameters in multilevel models", Psychometrika 78, 2013). A few dozen noisy
estimates do not tell their spread: taken for known it often comes out as nothing, all are said to
be alike, and intervals miss.
"""

import numpy as np

from models.arrays import Float64

SPREADS = np.arange(0.025, 3, 0.05)
"""The standard deviations thought of, in the size of elasticities."""


def drawn_together(value: Float64, error: Float64) -> tuple[Float64, Float64]:
    """Posterior means and standard deviations of estimates with standard errors, `(n,)` each.

    What nothing is known of has an infinite error; without any other, NaN and infinity come back.
    """
    weight = np.where(np.isfinite(error), 1 / np.maximum(error, 1e-6) ** 2, 0)
    if weight.sum() <= 0:
        return np.full(len(value), np.nan), np.full(len(value), np.inf)
    lean = 1 / SPREADS[:, None] ** 2
    around = weight * lean / (weight + lean)
    total = around.sum(axis=1, keepdims=True)
    mean = (around * value).sum(axis=1, keepdims=True) / total
    drawn = (weight * value + lean * mean) / (weight + lean)
    variance = 1 / (weight + lean) + (lean / (weight + lean)) ** 2 / total
    chance = _chances(around, value - mean)
    found = chance @ drawn
    return found, np.sqrt(chance @ (variance + (drawn - found) ** 2))


def _chances(around: Float64, apart: Float64) -> Float64:
    """`(n_spreads,)` the posterior of SPREADS; around: precision of each value around the mean."""
    known = around[0] > 0
    some = around[:, known]
    likely = (np.log(some) - some * apart[:, known] ** 2).sum(axis=1) - np.log(some.sum(axis=1))
    beside_the_likeliest = SPREADS * np.exp((likely - likely.max()) / 2)
    chance: Float64 = beside_the_likeliest / beside_the_likeliest.sum()
    return chance
