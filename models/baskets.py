"""Interactions as baskets in the order they were filled."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import coo_array

from models.arrays import Float64, Histories, Int64
from models.interactions import Interactions

REST_DAYS = 30 / (24 * 60)


@dataclass(frozen=True)
class Baskets:
    """Every basket once, oldest first.

    contents  `(n_baskets, n_items)` binary
    shoppers, days  `(n_baskets,)`; a basket's day is that of its last event
    steps_back  `(n_baskets,)`: how many baskets of the same shopper came later
    of_event  `(n_events,)`: the basket each event fell into
    """

    contents: Histories
    shoppers: Int64
    days: Float64
    steps_back: Int64
    of_event: Int64

    @classmethod
    def of(cls, interactions: Interactions) -> Self:
        """Group the events by shopper and basket."""
        names, codes = np.unique(interactions.baskets, return_inverse=True)
        keys = interactions.rows.astype(np.int64) * max(len(names), 1) + codes
        distinct, found = np.unique(keys, return_inverse=True)
        shoppers = distinct // max(len(names), 1)
        days = np.full(len(shoppers), -np.inf)
        np.maximum.at(days, found, interactions.days)
        order = np.argsort(days, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        of_event = place[found]
        contents = _contents(interactions, of_event, len(order))
        return cls(contents, shoppers[order], days[order], _steps_back(shoppers[order]), of_event)

    def by_shopper(self, weights: Float64, n_shoppers: int) -> Histories:
        """`(n_shoppers, n_items)`: each shopper's baskets added up with a weight per basket."""
        entries = (weights.astype(np.float32), (self.shoppers, np.arange(len(self.shoppers))))
        owners = coo_array(entries, shape=(n_shoppers, len(self.shoppers))).tocsr()
        histories: Histories = owners @ self.contents
        return histories


def visits(interactions: Interactions, rest_days: float = REST_DAYS) -> Int64:
    """`(n_events,)`: the visit each event fell into; one ends when the shopper rests so long."""
    order = np.lexsort((interactions.days, interactions.rows))
    rows, days = interactions.rows[order], interactions.days[order]
    begins = np.r_[True, (rows[1:] != rows[:-1]) | (np.diff(days) > rest_days)][: len(rows)]
    found = np.empty(len(rows), np.int64)
    found[order] = np.cumsum(begins)
    return found


def _contents(interactions: Interactions, of_event: Int64, n_baskets: int) -> Histories:
    counted = interactions.weights > 0
    where = (of_event[counted], interactions.columns[counted])
    ones = np.ones(len(where[0]), np.float32)
    contents = coo_array((ones, where), shape=(n_baskets, interactions.n_items)).tocsr()
    contents.data[:] = 1
    return contents


def _steps_back(shoppers: Int64) -> Int64:
    """For shoppers in order of time, how many of the same come later."""
    later = np.argsort(shoppers[::-1], kind="stable")
    ordered = shoppers[::-1][later]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else later
    lengths = np.diff(np.r_[starts, len(ordered)])
    steps = np.empty(len(shoppers), np.int64)
    steps[later] = np.arange(len(ordered)) - np.repeat(starts, lengths)
    return steps[::-1]
