"""How soon people buy a thing again, by category: coffee monthly, a kettle not at all."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.arrays import Float32, Float64, Int64, Integers
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


def category_codes(products: Int64, product_ids: Int64, categories: Sequence[str | None]) -> Int64:
    """`(len(products),)`: the category of each product as a code from 0; 0 where none is known."""
    names = {name: code for code, name in enumerate(sorted({*filter(None, categories)}), start=1)}
    of_product = dict(zip(product_ids.tolist(), categories, strict=True))
    codes = [names.get(of_product.get(product) or "", 0) for product in products.tolist()]
    return np.array(codes, np.int64)


def last_bought(interactions: Interactions) -> Float64:
    """`(matrix.nnz,)`: the day of the last purchase of each entry of `matrix`; -inf for a look."""
    matrix, n_items = interactions.matrix, interactions.n_items
    rows = np.repeat(np.arange(interactions.n_shoppers, dtype=np.int64), np.diff(matrix.indptr))
    keys = rows * n_items + matrix.indices
    days = np.full(len(keys), -np.inf)
    counted = interactions.purchases & (interactions.weights > 0)
    asked = interactions.rows[counted].astype(np.int64) * n_items + interactions.columns[counted]
    order = np.argsort(keys)
    at = order[np.searchsorted(keys, asked, sorter=order)]
    np.maximum.at(days, at, interactions.days[counted])
    return days


def _repeats(interactions: Interactions) -> tuple[Repeats, Int64]:
    """The repeats, and each distinct pair of shopper and product as one number."""
    bought = interactions.where(interactions.purchases)
    keys = bought.rows.astype(np.int64) * interactions.n_items + bought.columns
    order = np.lexsort((bought.days, keys))
    keys, days = keys[order], np.floor(bought.days[order])
    again = np.flatnonzero((keys[1:] == keys[:-1]) & (days[1:] > days[:-1]))
    columns = keys[again] % max(interactions.n_items, 1)
    return Repeats(columns, days[again + 1] - days[again]), np.unique(keys)
