"""SBA: sizes and intervals smoothed apart, their ratio freed of its bias.

Croston, "Forecasting and Stock Control for Intermittent Demands", Operational Research Quarterly 23
(1972); Syntetos, Boylan, "The accuracy of intermittent demand estimates", International Journal of
Forecasting 21 (2005): the ratio is multiplied by 1 - a/2.
"""

import numpy as np

from models.arrays import Float64
from models.demand.level import Level
from models.demand.sales import Sales

WEIGHT = 0.1


def sba(sales: Sales, weight: float = WEIGHT) -> Level:
    """The level per listing; days with nothing to buy lengthen no interval."""
    size, gap, size_noise = _start(sales)
    waited = np.zeros(sales.n_listings)
    for units, share in zip(sales.units, sales.open_share, strict=True):
        waited += share
        sold = units > 0
        surprise = np.where(sold, units - size, 0)
        size_noise += weight * np.where(sold, surprise**2 - size_noise, 0)
        size = size + weight * surprise
        gap = gap + weight * np.where(sold, waited - gap, 0)
        waited[sold] = 0
    mean = (1 - weight / 2) * size / gap
    return Level(mean, _variance(mean, size, gap, size_noise, weight))


def _start(sales: Sales) -> tuple[Float64, Float64, Float64]:
    demands = np.maximum((sales.units > 0).sum(axis=0), 1).astype(np.float64)
    size = np.maximum(sales.units.sum(axis=0, dtype=np.float64) / demands, 1e-9)
    gap = np.maximum(sales.open_share.sum(axis=0, dtype=np.float64) / demands, 1e-3)
    square = np.square(sales.units, dtype=np.float64).sum(axis=0) / demands
    return size, gap, np.maximum(square - size**2, 0)


def _variance(
    mean: Float64, size: Float64, gap: Float64, size_noise: Float64, weight: float
) -> Float64:
    """Of the ratio, by its first-order expansion; intervals are geometric."""
    relative = size_noise / size**2 + np.maximum(gap - 1, 0) / gap
    variance: Float64 = weight / (2 - weight) * mean**2 * relative
    return variance
