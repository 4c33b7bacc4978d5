"""Noisy estimates of things of one kind, drawn towards their mean as far as their spread allows.

Normal means with a flat prior on the common mean; the spread is summed over a grid (Gelman et al.,
"Bayesian Data Analysis", 3rd ed. 2013, section 5.4) under a prior in proportion to it, which keeps
it from nothing (Chung, Rabe-Hesketh, Dorie, Gelman, Liu, "A nondegenerate penalized likelihood
estimator for variance parameters in multilevel models", Psychometrika 78, 2013). A few dozen noisy
estimates do not tell their spread: taken for known it often comes out as nothing, all are said to
be alike, and intervals miss.
"""

from typing import NamedTuple

import numpy as np

from models.arrays import Float64

SPREADS = np.arange(0.025, 3, 0.05)
"""The standard deviations thought of, in the size of elasticities."""


class Drawn(NamedTuple):
    """Posterior means and standard deviations, and what part of each mean is its own evidence.

    That part, `(n,)` from 0 to 1 as the others are, is Bühlmann's credibility ("Experience rating
    and credibility", ASTIN Bulletin 4, 1967); the rest was lent by the others.
    """

    mean: Float64
    deviation: Float64
    credibility: Float64


def drawn_together(value: Float64, error: Float64) -> Drawn:
    """Draw estimates with standard errors, `(n,)` each, towards their mean.

    What nothing is known of has an infinite error; without any other, NaN and infinity come back.
    """
    weight = np.where(np.isfinite(error), 1 / np.maximum(error, 1e-6) ** 2, 0)
    if weight.sum() <= 0:
        nothing = np.full(len(value), np.nan), np.full(len(value), np.inf)
        return Drawn(*nothing, credibility=np.zeros(len(value)))
    lean = 1 / SPREADS[:, None] ** 2
    around = weight * lean / (weight + lean)
    total = around.sum(axis=1, keepdims=True)
    mean = (around * value).sum(axis=1, keepdims=True) / total
    lent = lean / (weight + lean)
    drawn = (1 - lent) * value + lent * mean
    variance = 1 / (weight + lean) + lent**2 / total
    chance = _chances(around, value - mean)
    found = chance @ drawn
    # Of what is lent by the mean a part is one's own too: one alone is lent nothing.
    own = chance @ (1 - lent * (1 - around / total))
    return Drawn(found, np.sqrt(chance @ (variance + (drawn - found) ** 2)), own)


def _chances(around: Float64, apart: Float64) -> Float64:
    """`(n_spreads,)` the posterior of SPREADS; around: precision of each value around the mean."""
    known = around[0] > 0
    some = around[:, known]
    likely = (np.log(some) - some * apart[:, known] ** 2).sum(axis=1) - np.log(some.sum(axis=1))
    beside_the_likeliest = SPREADS * np.exp((likely - likely.max()) / 2)
    chance: Float64 = beside_the_likeliest / beside_the_likeliest.sum()
    return chance
