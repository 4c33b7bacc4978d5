"""How a listing sells: how often, and in how uneven quantities.

Syntetos, Boylan, Croston, "On the categorization of demand patterns", Journal of the Operational
Research Society 56 (2005): the borders below are where one estimator's error overtakes another's.
"""

import numpy as np

from models.arrays import Float64, Int64
from models.demand.sales import Sales

INTERVAL_BORDER, VARIATION_BORDER = 1.32, 0.49
FEWEST_DEMANDS = 10

CLASSES = ("thin", "smooth", "erratic", "intermittent", "lumpy")
THIN, SMOOTH, ERRATIC, INTERMITTENT, LUMPY = range(len(CLASSES))


def classify(sales: Sales) -> Int64:
    """`(n_listings,)` places in CLASSES; thin: too few days with a sale to tell."""
    demands = (sales.units > 0).sum(axis=0)
    is_rare = interval(sales) >= INTERVAL_BORDER
    is_uneven = variation(sales) >= VARIATION_BORDER
    found = np.where(
        is_rare, np.where(is_uneven, LUMPY, INTERMITTENT), np.where(is_uneven, ERRATIC, SMOOTH)
    )
    return np.where(demands < FEWEST_DEMANDS, THIN, found)


def interval(sales: Sales) -> Float64:
    """ADI, `(n_listings,)`: open days per day with a sale."""
    demands = (sales.units > 0).sum(axis=0)
    days: Float64 = sales.open_share.sum(axis=0, dtype=np.float64) / np.maximum(demands, 1)
    return days


def variation(sales: Sales) -> Float64:
    """CV², `(n_listings,)`: squared coefficient of variation of the units of days with a sale."""
    demands = np.maximum((sales.units > 0).sum(axis=0), 1)
    mean = sales.units.sum(axis=0, dtype=np.float64) / demands
    square = np.square(sales.units, dtype=np.float64).sum(axis=0) / demands
    squared: Float64 = np.maximum(square - mean**2, 0) / np.maximum(mean, 1e-12) ** 2
    return squared
