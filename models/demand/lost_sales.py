"""What would have sold on days without stock.

A listing's rate on its open days, under its category's level of the week, with the same gamma prior
as `pooled`: expected sales of the closed parts of days follow from it. Compare Anupindi, Dada,
Gupta, "Estimation of Consumer Demand with Stock-Out Based Substitution", Marketing Science 17
(1998), without substitution: sales that went to another listing count as lost to this one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from models.arrays import Float32, Float64
from models.demand import quantiles
from models.demand.pooled import prior
from models.demand.sales import WEEK, Sales

SMOOTHED_WEEKS = 5
HALF_LIFE_DAYS = 15.0
YEAR_WORTH_UNITS = 1.0
LEVEL_UNITS = 50.0


class Lost(NamedTuple):
    """Arrays `(n_listings,)`: units expected to be lost, their variance, days without stock."""

    mean: Float64
    variance: Float64
    closed_days: Float64

    def quantile(self, share: float) -> Float64:
        return quantiles.quantile(share, self.mean, self.variance)


@dataclass(frozen=True)
class LostSales:
    """Day by day, arrays `(n_days, n_listings)` but for `noise` `(n_listings,)`.

    mean    units expected to be lost
    unsure  standard deviation of that, as the listing's rate is not known for certain
    closed  the part of the day without stock
    noise   how far real sales scatter around their rate, as variance over mean
    """

    mean: Float64
    unsure: Float64
    closed: Float64
    noise: Float64

    def since(self, day: int) -> Lost:
        """From `day` on, together. A spell's days lean on the same neighbours: their errors add
        up, they do not cancel."""
        mean, unsure = self.mean[day:].sum(axis=0), self.unsure[day:].sum(axis=0)
        return Lost(mean, self.noise * (mean + unsure**2), self.closed[day:].sum(axis=0))


def lost_sales(sales: Sales) -> LostSales:
    """What the days around a spell tell of its rate, nearer ones more, and the whole year a little.

    The year counts as much as a sold unit, not as so many days: a spell begins with a sale, and the
    days around the only sale of a slow listing tell too high a rate. Before the first day on which
    it could be bought a listing was not sold out, it was not there.
    """
    level = category_levels(sales)[:, sales.category]
    offered = sales.open_share * level
    units, days = _around(sales.units), _around(offered)
    all_units, all_days = sales.units.sum(axis=0, dtype=np.float64), offered.sum(axis=0)
    shape, rate = prior(sales, all_units, all_days)
    usual = (shape[sales.category] + all_units) / (rate[sales.category] + all_days)
    own_shape, own_rate = YEAR_WORTH_UNITS + units, YEAR_WORTH_UNITS / usual + days
    has_begun = np.maximum.accumulate(sales.is_open, axis=0)
    closed = np.where(has_begun, 1 - sales.open_share.astype(np.float64), 0)
    missed = closed * level
    return LostSales(
        mean=missed * own_shape / own_rate,
        unsure=missed * np.sqrt(own_shape) / own_rate,
        closed=closed,
        noise=dispersion(sales, all_units, all_days, level),
    )


def _around(values: Float32 | Float64) -> Float64:
    """`(n_days, n_listings)` sums over all days, weighed by half every HALF_LIFE_DAYS away."""
    fade = 0.5 ** (1 / HALF_LIFE_DAYS)
    before, after = np.array(values, np.float64), np.array(values, np.float64)
    for day in range(1, len(values)):
        before[day] += fade * before[day - 1]
        after[-day - 1] += fade * after[-day]
    return before + after - values


def category_levels(sales: Sales) -> Float64:
    """`(n_days, n_categories)` how each category sold that week, relative to its average day."""
    week = np.arange(sales.n_days) // WEEK
    count = int(week.max(initial=0)) + 1
    sold, offered = np.zeros((2, count, sales.n_categories))
    usual = _usual(sales)
    for number in range(count):
        part = week == number
        sold[number] = sales.of_category(sales.units[part].sum(axis=0, dtype=np.float64))
        offered[number] = sales.of_category(
            usual * sales.open_share[part].sum(axis=0, dtype=np.float64)
        )
    kernel = np.ones(SMOOTHED_WEEKS)
    sold, offered = (
        ndimage.convolve1d(part, kernel, axis=0, mode="constant") for part in (sold, offered)
    )
    levels: Float64 = ((sold + LEVEL_UNITS) / (offered + LEVEL_UNITS))[week]
    return levels


def _usual(sales: Sales) -> Float64:
    days = np.maximum(sales.open_share.sum(axis=0, dtype=np.float64), 1)
    return np.asarray(sales.units.sum(axis=0, dtype=np.float64) / days)


def dispersion(sales: Sales, units: Float64, days: Float64, level: Float64) -> Float64:
    """`(n_listings,)` of four-week totals around their mean, one figure per category."""
    blocks = np.arange(0, sales.n_days, 4 * WEEK)
    mean = units / np.maximum(days, 1)
    sold = np.add.reduceat(sales.units.astype(np.float64), blocks, axis=0)
    expected = np.add.reduceat(sales.open_share * level, blocks, axis=0) * mean
    noise = sales.of_category(((sold - expected) ** 2).sum(axis=0))
    found = (noise + LEVEL_UNITS) / (sales.of_category(expected.sum(axis=0)) + LEVEL_UNITS)
    return np.maximum(found, 1)[sales.category]
