"""What a cell says of its owners: smoothed quantiles and a mean, each rounded to a stated step.

Harrell and Davis (1982), *A new distribution-free quantile estimator*, Biometrika 69: the
q-quantile of n values is the mean of their order statistics, weighted by the law
Beta((n+1)q, (n+1)(1-q)) over n equal parts, so that it is the value of no one shop.

Akinshin (2022), *Trimmed Harrell-Davis quantile estimator based on the highest density interval of
the given width*: the law is cut to its densest stretch of width 1/√n, so that the outermost values,
which would show through, weigh nothing.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import beta

Floats = NDArray[np.float64]

WINSORISED_SHARE = 0.05
ROUNDED_SHARE = 0.05
WINSOR_POINTS = (WINSORISED_SHARE, 1 - WINSORISED_SHARE)
STEPS = (5.0, 2.0, 1.0)


@cache
def quantile_weights(count: int, quantile: float) -> Floats:
    """(count,) the weight of each order statistic, lowest first; they sum to one."""
    a, b = (count + 1) * quantile, (count + 1) * (1 - quantile)
    low, high = _densest(a, b, 1 / math.sqrt(count))
    edges = np.clip(np.arange(count + 1) / count, low, high)
    # Where a part's edge is the stretch's end, what is computed falls by a rounding error.
    law = np.maximum.accumulate(beta.cdf(edges, a, b))
    weights: Floats = np.diff(law) / (law[-1] - law[0])
    return weights


def _densest(a: float, b: float, width: float) -> tuple[float, float]:
    """The stretch of [0, 1] of this width on which the law Beta(a, b) is densest; a, b > 1."""
    mode = (a - 1) / (a + b - 2)
    ends = max(0.0, mode - width), min(mode, 1 - width)
    low = float(brentq(lambda at: beta.pdf(at, a, b) - beta.pdf(at + width, a, b), *ends))
    return low, low + width


def smoothed_quantile(values: Floats, quantile: float) -> float:
    """The Harrell–Davis estimate of `values` (n,), in their unit."""
    return float(np.sort(values) @ quantile_weights(len(values), quantile))


def winsorised(values: Floats) -> Floats:
    """`values` (n,) with the outermost 5 % on either side moved to the 5 % and 95 % points."""
    low, high = np.quantile(values, [WINSORISED_SHARE, 1 - WINSORISED_SHARE])
    return np.clip(values, low, high)


def winsor_edges(count: int) -> tuple[int, int]:
    """The ranks just below the 5 % and 95 % points of `count` values."""
    low, high = (math.floor(share * (count - 1)) for share in WINSOR_POINTS)
    return low, high


def winsor_weights(count: int) -> Floats:
    """(count, count) each order statistic after winsorising, as weights of all order statistics."""
    weights = np.eye(count)
    ranks = np.arange(count)
    for share, edge in zip(WINSOR_POINTS, winsor_edges(count), strict=True):
        position = share * (count - 1)
        mixed = np.zeros(count)
        mixed[edge : edge + 2] = 1 - (position - edge), position - edge
        weights[ranks < position if share < 0.5 else ranks > position] = mixed
    return weights


def step(value: float, smallest: float) -> float:
    """The largest of 1, 2, 5 × 10ⁿ that is at most 5 % of `value`, but never below `smallest`."""
    wanted = abs(value) * ROUNDED_SHARE
    if wanted <= smallest:
        return smallest
    decade = 10.0 ** math.floor(math.log10(wanted))
    return max(smallest, next(part * decade for part in STEPS if part * decade <= wanted))


def rounded(value: float, size: float) -> float:
    """`value` at the nearest multiple of `size`."""
    return round(round(value / size) * size, 6)
