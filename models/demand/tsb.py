"""TSB: the chance of a sale is updated every day, so a listing that dies out is seen to.

Teunter, Syntetos, Babai, "Intermittent demand: Linking forecasting to inventory obsolescence",
European Journal of Operational Research 214 (2011).
"""

import numpy as np

from models.arrays import Float64
from models.demand.level import Level
from models.demand.sales import Sales

CHANCE_WEIGHT, SIZE_WEIGHT = 0.02, 0.05


def tsb(
    sales: Sales, chance_weight: float = CHANCE_WEIGHT, size_weight: float = SIZE_WEIGHT
) -> Level:
    """The level per listing; on a day partly open the chance moves by that part."""
    chance, size, square = _start(sales)
    for units, share in zip(sales.units, sales.open_share, strict=True):
        sold = units > 0
        chance = chance + chance_weight * (sold - chance * share)
        size = size + size_weight * np.where(sold, units - size, 0)
        square = square + size_weight * np.where(sold, units**2 - square, 0)
    chance = np.clip(chance, 0, 1)
    spread = np.maximum(square - size**2, 0)
    variance = (
        chance_weight / (2 - chance_weight) * chance * (1 - chance) * size**2
        + size_weight / (2 - size_weight) * spread * chance**2
    )
    return Level(chance * size, variance)


def _start(sales: Sales) -> tuple[Float64, Float64, Float64]:
    demands = (sales.units > 0).sum(axis=0).astype(np.float64)
    days = np.maximum(sales.open_share.sum(axis=0, dtype=np.float64), 1)
    size = sales.units.sum(axis=0, dtype=np.float64) / np.maximum(demands, 1)
    square = np.square(sales.units, dtype=np.float64).sum(axis=0) / np.maximum(demands, 1)
    return np.minimum(demands / days, 1), size, square
