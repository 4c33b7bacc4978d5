"""What shoppers did, item by item: how a moment of the past or the present is told."""

from dataclasses import dataclass
from typing import NamedTuple, Self, TypeVar

import numpy as np
from scipy.sparse import csr_array, hstack

from models.arrays import Float32, Float64, Histories, Int64, Integers, Mask
from models.interactions import Interactions

Numbers = TypeVar("Numbers", Float32, Float64)

LONG_AGO = 1_000.0
"""Days; what never happened counts as so old."""
RECENT_VIEW_WEIGHT = np.float32(0.5)
A_HAIR = 1e-8
"""Of a day: less than two moments of one shopper lie apart, more than rounding."""
CHANNELS = 4


class History(NamedTuple):
    """One shopper's events by item, `(n,)` each, columns ascending.

    weights  summed over all events with the item
    purchases  how many of them were purchases
    last_on, bought_on  day since 1970 of the last event and of the last purchase; -inf for none
    """

    columns: Int64
    weights: Float32
    purchases: Float32
    last_on: Float64
    bought_on: Float64

    @property
    def bought(self) -> Mask:
        return self.bought_on > -np.inf


def brought_up(
    before: History, bought: Int64, bought_on: Float64, viewed: Int64, today: float
) -> History:
    """A history with what happened since: purchases with their day, views in order of time.

    A purchase that the history knows already is not counted again.
    """
    known_on = looked_up(before.columns, before.bought_on, bought, -np.inf)
    is_new = bought_on > known_on + A_HAIR
    bought, bought_on = bought[is_new], bought_on[is_new]
    columns, entry = np.unique(
        np.concatenate((before.columns, bought, viewed)), return_inverse=True
    )
    one, none = np.ones(len(bought), np.float32), np.zeros(len(viewed), np.float32)
    never = np.full(len(viewed), -np.inf)
    # Later views are nearer to now by a hair, so that their order is not lost.
    viewed_on = np.float64(today) + A_HAIR * np.arange(len(viewed), dtype=np.float64)

    def summed(*parts: Float32) -> Float32:
        return np.bincount(entry, np.concatenate(parts), len(columns)).astype(np.float32)

    def latest(*parts: Float64) -> Float64:
        days: Float64 = np.full(len(columns), -np.inf)
        np.maximum.at(days, entry, np.concatenate(parts))
        return days

    return History(
        columns,
        summed(before.weights, one, none + RECENT_VIEW_WEIGHT),
        summed(before.purchases, one, none),
        latest(before.last_on, bought_on, viewed_on),
        latest(before.bought_on, bought_on, never),
    )


@dataclass(frozen=True)
class Seen:
    """Several shoppers' histories, rows one after the other as in a CSR matrix.

    Ages are days before the moment at which they are told, at most `LONG_AGO`.
    """

    indptr: Int64
    items: Int64
    weights: Float32
    purchases: Float32
    ages: Float32
    bought_ages: Float32
    n_items: int

    @classmethod
    def one(cls, history: History, moment: float, n_items: int) -> Self:
        """A single shopper's."""
        return cls(
            np.array([0, len(history.columns)]),
            history.columns,
            history.weights,
            history.purchases,
            aged(history.last_on, moment),
            aged(history.bought_on, moment),
            n_items,
        )

    @classmethod
    def unpacked(cls, packed: Histories) -> Self:
        """As `packed` put them side by side."""
        n_items = packed.shape[1] // CHANNELS
        parts = [packed[:, n_items * at : n_items * (at + 1)].tocsr() for at in range(CHANNELS)]
        weights, purchases, ages, bought_ages = (part.data for part in parts)
        indptr, items = parts[0].indptr.astype(np.int64), parts[0].indices.astype(np.int64)
        return cls(indptr, items, weights, purchases, ages, bought_ages, n_items)

    @property
    def rows(self) -> Int64:
        """The shopper of each entry, `(len(items),)`."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    @property
    def keys(self) -> Int64:
        """Each pair of shopper and item as one number, ascending."""
        return self.rows * self.n_items + self.items

    def summed(self, values: Float32) -> Float32:
        """`(n_shoppers,)`: values of entries added up by shopper."""
        sums: Float32 = np.bincount(self.rows, values, len(self.indptr) - 1).astype(np.float32)
        return sums


def by_item(interactions: Interactions) -> tuple[Int64, History]:
    """All shoppers' histories one after the other, and where each begins, `(n_shoppers + 1,)`."""
    counted = interactions.where(interactions.weights > 0)
    n_items = max(interactions.n_items, 1)
    keys = counted.rows.astype(np.int64) * n_items + counted.columns
    pairs, entry = np.unique(keys, return_inverse=True)
    rows, columns = np.divmod(pairs, n_items)
    weights = np.bincount(entry, counted.weights, len(pairs)).astype(np.float32)
    purchases = np.bincount(entry, counted.purchases, len(pairs)).astype(np.float32)
    last_on, bought_on = np.full((2, len(pairs)), -np.inf)
    np.maximum.at(last_on, entry, counted.days)
    is_bought = counted.purchases
    np.maximum.at(bought_on, entry[is_bought], counted.days[is_bought])
    indptr = np.searchsorted(rows, np.arange(interactions.n_shoppers + 1))
    return indptr, History(columns, weights, purchases, last_on, bought_on)


def packed(interactions: Interactions, moment: float) -> Histories:
    """`(n_shoppers, CHANNELS · n_items)`: weights, purchases and both ages, of one structure."""
    indptr, every = by_item(interactions)
    ages = (aged(every.last_on, moment), aged(every.bought_on, moment))
    shape = (interactions.n_shoppers, interactions.n_items)
    parts = [
        csr_array((values, every.columns, indptr), shape=shape)
        for values in (every.weights, every.purchases, *ages)
    ]
    together: Histories = hstack(parts, format="csr")
    return together


def aged(days: Float64, moment: float) -> Float32:
    """Days before the moment; what lies after it is of today."""
    ages = np.full(len(days), LONG_AGO, np.float32)
    known = days > -np.inf
    ages[known] = np.clip(moment - days[known], 0, LONG_AGO)
    return ages


def looked_up(keys: Integers, values: Numbers, asked: Integers, missing: float) -> Numbers:
    """`(len(asked),)`: the values at ascending `keys`, `missing` where a key is not there."""
    found = np.full(len(asked), missing, values.dtype)
    if len(keys):
        at = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        is_there = keys[at] == asked
        found[is_there] = values[at[is_there]]
    return found
