"""How soon people buy a thing again, by category: coffee monthly, a kettle not at all."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from models.arrays import Float32, Float64, Histories, Int64, Integers
from models.history import by_item
from models.interactions import Interactions

FEWEST_INTERVALS = 20
FEWEST_REPEATED = 0.05
"""Share of shopper and product pairs bought on a second day, below which nobody repeats."""
READY_QUANTILE = 0.25
NEVER = float("inf")


class Repeats(NamedTuple):
    """Every second and later purchase of a product by the same shopper."""

    columns: Int64
    intervals: Float64
    """Days since the purchase before."""


def rest_days(interactions: Interactions, categories: Integers) -> Float32:
    """`(n_items,)`: days after a purchase until a product may be shown to its buyer again.

    The lower quartile of its category's intervals; infinite where too few were ever bought again.
    `categories` `(n_items,)` are codes from 0.
    """
    repeats, pairs = _repeats(interactions)
    n = int(categories.max()) + 1 if len(categories) else 0
    of_category = np.full(n, NEVER, np.float32)
    intervals_in = categories[repeats.columns]
    pairs_in = np.bincount(categories[pairs % max(interactions.n_items, 1)], minlength=n)
    for category in np.unique(intervals_in):
        intervals = repeats.intervals[intervals_in == category]
        is_habit = len(intervals) >= FEWEST_REPEATED * pairs_in[category]
        if len(intervals) >= FEWEST_INTERVALS and is_habit:
            of_category[category] = np.quantile(intervals, READY_QUANTILE)
    return of_category[categories]


def resting(interactions: Interactions, day: float) -> Histories:
    """`(n_shoppers, n_items)`: what each shopper bought too lately by `day` to be shown it again.

    Without listings everything bought rests for good.
    """
    listings = interactions.listings
    never = np.full(interactions.n_items, NEVER, np.float32)
    rests = never if listings is None else rest_days(interactions, listings.categories)
    indptr, every = by_item(interactions)
    is_bought = every.purchases > 0
    rest = is_bought & ~(day - every.bought_on >= rests[every.columns])
    kept = np.concatenate(([0], np.cumsum(rest)))[indptr]
    shape = (interactions.n_shoppers, interactions.n_items)
    return csr_array((every.purchases[rest], every.columns[rest], kept), shape=shape)


def _repeats(interactions: Interactions) -> tuple[Repeats, Int64]:
    """The repeats, and each distinct pair of shopper and product as one number."""
    bought = interactions.where(interactions.purchases)
    keys = bought.rows.astype(np.int64) * interactions.n_items + bought.columns
    order = np.lexsort((bought.days, keys))
    keys, days = keys[order], np.floor(bought.days[order])
    again = np.flatnonzero((keys[1:] == keys[:-1]) & (days[1:] > days[:-1]))
    columns = keys[again] % max(interactions.n_items, 1)
    return Repeats(columns, days[again + 1] - days[again]), np.unique(keys)
