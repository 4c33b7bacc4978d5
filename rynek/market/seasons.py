"""When people shop: the week, the year, growth, and each shelf's own season."""

from datetime import date, timedelta

import numpy as np

from rynek.market.chance import Floats
from rynek.market.words import SHELVES

GROWTH_A_YEAR = 0.35
# Monday to Sunday.
WEEKDAYS = np.array([0.95, 0.92, 0.93, 0.98, 1.05, 1.08, 1.15])
YEAR = 365.25


def day_weights(first: date, days: int) -> Floats:
    """(days,) relative number of visits on each day."""
    weekday = np.array([(first + timedelta(day)).weekday() for day in range(days)])
    of_year = _days_of_year(first, days)
    gifts = 0.8 * np.exp(-(((of_year - 345) / 14) ** 2)) + 0.5 * np.exp(
        -(((of_year - 332) / 3) ** 2)
    )
    growth = 1 + GROWTH_A_YEAR * np.arange(days) / YEAR
    weights: Floats = WEEKDAYS[weekday] * (1 + gifts) * growth
    return weights


def shelf_seasons(first: date, days: int) -> Floats:
    """(days, n_shelves) the logarithm of each shelf's demand relative to its own average year."""
    peak = np.array([shelf.season_day for shelf in SHELVES])
    strength = np.array([shelf.season for shelf in SHELVES])
    angle = 2 * np.pi * (_days_of_year(first, days)[:, None] - peak[None, :]) / YEAR
    seasons: Floats = strength * np.cos(angle)
    return seasons


def _days_of_year(first: date, days: int) -> Floats:
    return np.array([(first + timedelta(day)).timetuple().tm_yday for day in range(days)], float)
