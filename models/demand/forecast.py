"""A forecast per listing: the method follows its class, and every method answers alike."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Float64, Int64, Mask
from models.demand import quantiles
from models.demand.classes import ERRATIC, INTERMITTENT, LUMPY, SMOOTH, THIN, classify
from models.demand.croston import sba
from models.demand.level import Level
from models.demand.pooled import pooled
from models.demand.sales import WEEK, Sales
from models.demand.smoothing import smoothed
from models.demand.tsb import tsb
from models.demand.weekdays import weekday_factors

METHODS = ("pooled", "smoothing", "sba", "tsb")
METHOD_OF_CLASS = {
    THIN: "pooled",
    SMOOTH: "smoothing",
    ERRATIC: "sba",
    INTERMITTENT: "tsb",
    LUMPY: "tsb",
}

NOISE_DAYS = 180
PRIOR_UNITS = 20.0


@dataclass(frozen=True)
class Forecast:
    """What is expected of open days from now on: a week that repeats.

    week        (7, n_listings) units expected, Monday first
    variance    (n_listings,) of the expected units of a day: how unsure their level is
    dispersion  (n_listings,) variance of a day's units over their mean, at least 1
    first_weekday  of the first day ahead
    demand_class, method  (n_listings,) places in CLASSES and METHODS
    """

    week: Float64
    variance: Float64
    dispersion: Float64
    first_weekday: int
    demand_class: Int64
    method: Int64

    def means(self, days: int) -> Float64:
        """`(days, n_listings)` units expected on each day ahead."""
        return self.week[(self.first_weekday + np.arange(days)) % WEEK]

    def total(self, days: int) -> Float64:
        """`(n_listings,)` units expected over the days ahead together."""
        mean: Float64 = self.means(days).sum(axis=0)
        return mean

    def daily_quantile(self, share: float, days: int) -> Float64:
        """`(days, n_listings)` units that a day stays within with probability `share`."""
        mean = self.means(days)
        return quantiles.quantile(share, mean, self.dispersion * mean + self.variance)

    def total_quantile(self, share: float, days: int) -> Float64:
        """`(n_listings,)` units that the days ahead together stay within."""
        mean = self.total(days)
        return quantiles.quantile(share, mean, self.dispersion * mean + days**2 * self.variance)


def forecast(sales: Sales) -> Forecast:
    """Forecast every listing by its class's method, all listings at once."""
    demand_class = classify(sales)
    method = np.array([METHODS.index(METHOD_OF_CLASS[c]) for c in range(len(METHOD_OF_CLASS))])
    return forecast_by(sales, method[demand_class], demand_class)


def forecast_by(sales: Sales, method: Int64, demand_class: Int64) -> Forecast:
    """Forecast each listing by the given method `(n_listings,)`."""
    factors = weekday_factors(sales)
    level = _levels(sales, factors, method)
    return Forecast(
        week=level.mean * factors,
        variance=level.variance,
        dispersion=dispersion(sales, factors),
        first_weekday=(sales.first_weekday + sales.n_days) % WEEK,
        demand_class=demand_class,
        method=method,
    )


def _levels(sales: Sales, factors: Float64, method: Int64) -> Level:
    mean, variance = np.zeros(sales.n_listings), np.zeros(sales.n_listings)
    for number, name in enumerate(METHODS):
        chosen = method == number
        if not chosen.any():
            continue
        mean[chosen], variance[chosen] = _level(name, sales, factors, chosen)
    return Level(mean, variance)


def _level(name: str, sales: Sales, factors: Float64, chosen: Mask) -> Level:
    """The chosen listings' level; a thin one leans on its whole category, thick ones included."""
    if name == "pooled":
        mean, variance = pooled(sales)
        return Level(mean[chosen], variance[chosen])
    own = sales.where(chosen)
    if name == "smoothing":
        return smoothed(own, factors[:, chosen])
    return sba(own) if name == "sba" else tsb(own)


def dispersion(sales: Sales, factors: Float64) -> Float64:
    """`(n_listings,)` of the last NOISE_DAYS around their mean, drawn towards the category's."""
    recent = slice(max(sales.n_days - NOISE_DAYS, 0), None)
    units = sales.units[recent].astype(np.float64)
    share = sales.open_share[recent] * factors[sales.weekdays()[recent]]
    mean = units.sum(axis=0) / np.maximum(share.sum(axis=0), 1e-9) * share
    noise, expected = ((units - mean) ** 2).sum(axis=0), mean.sum(axis=0)
    # Of each listing alike, lest a few large ones speak for all.
    weight = np.minimum(1, PRIOR_UNITS / np.maximum(expected, 1e-9))
    category = (sales.of_category(weight * noise) + 1) / (sales.of_category(weight * expected) + 1)
    drawn = (noise + PRIOR_UNITS * category[sales.category]) / (expected + PRIOR_UNITS)
    at_least_poisson: Float64 = np.maximum(drawn, 1.0)
    return at_least_poisson
