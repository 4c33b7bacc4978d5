"""Models that are one sparse matrix from item to item: scores are sums over a history."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array, vstack

from models.arrays import AnyArray, Float32, Histories, Int64
from models.interactions import Interactions
from models.recommender import Recommender

ITEMS_AT_ONCE = 512
POPULARITY_BREAKS_TIES = np.float32(1e-6)


@dataclass(frozen=True)
class ItemWeights:
    """The read side of one such matrix, its columns sorted within each row.

    `popularity` `(n_items,)` orders what has no weight.
    """

    weights: Histories
    popularity: Float32

    def scores(self, columns: Int64, weights: Float32) -> Float32:
        """`(n_items,)` for the history of `columns`; how often each happened does not count."""
        scores: Float32 = self.popularity * POPULARITY_BREAKS_TIES
        for column in columns:
            begin, end = self.weights.indptr[column : column + 2]
            scores[self.weights.indices[begin:end]] += self.weights.data[begin:end]
        return scores

    def contributions(self, columns: Int64, weights: Float32, targets: Int64) -> Float32:
        """`(len(targets), len(columns))`: what each event adds to each target's score."""
        parts = np.zeros((len(targets), len(columns)), np.float32)
        for place, column in enumerate(columns):
            begin, end = self.weights.indptr[column : column + 2]
            related = self.weights.indices[begin:end]
            at = np.minimum(np.searchsorted(related, targets), max(len(related) - 1, 0))
            found = related[at] == targets if len(related) else np.zeros(len(targets), bool)
            parts[found, place] = self.weights.data[begin:end][at[found]]
        return parts


@dataclass
class ItemToItem(Recommender):
    """`weights` `(n_items, n_items)`: what one event with the row's item adds to the column's."""

    weights: Histories = field(init=False, repr=False)

    def learn(self, interactions: Interactions) -> None:
        self.weights = self.relate((interactions.matrix > 0).astype(np.float32))
        self.weights.sort_indices()

    @abstractmethod
    def relate(self, bought: Histories) -> Histories:
        """`(n_items, n_items)` weights from the binary matrix, `(n_shoppers, n_items)`."""

    def score_histories(self, histories: Histories) -> Float32:
        scores: Float32 = ((histories > 0).astype(np.float32) @ self.weights).toarray()
        return scores + self.popularity * POPULARITY_BREAKS_TIES

    def arrays(self) -> Mapping[str, AnyArray]:
        return {
            "popularity": self.popularity,
            "weights_indptr": self.weights.indptr.astype(np.int64),
            "weights_indices": self.weights.indices.astype(np.int32),
            "weights_data": self.weights.data,
        }


def without_self(weights: Histories, rows: Int64) -> Histories:
    """Rows `rows` of an item-to-item matrix, with no item related to itself."""
    entries = weights.tocoo()
    entries.data[rows[entries.row] == entries.col] = 0
    cleaned = entries.tocsr()
    cleaned.eliminate_zeros()
    return cleaned


def strongest(weights: Histories, kept: int) -> Histories:
    """Only the `kept` largest entries of each row; equal ones by lower column."""
    weights.sort_indices()
    starts = weights.indptr.astype(np.int64)
    chosen = [begin + largest(weights.data[begin:end], kept) for begin, end in pairwise(starts)]
    where = np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
    indptr = np.concatenate(([0], np.cumsum(np.minimum(np.diff(starts), kept))))
    return csr_array((weights.data[where], weights.indices[where], indptr), shape=weights.shape)


def largest(values: Float32, kept: int) -> Int64:
    """Places of the `kept` largest values, in order of place."""
    if len(values) <= kept:
        return np.arange(len(values))
    border = np.partition(values, len(values) - kept)[len(values) - kept]
    is_chosen = values > border
    tied = np.flatnonzero(values == border)[: kept - int(is_chosen.sum())]
    is_chosen[tied] = True
    return np.flatnonzero(is_chosen)


def blocks(n_items: int) -> Iterator[Int64]:
    """Item columns, as many at once as memory bears when their relations are still unabridged."""
    for begin in range(0, n_items, ITEMS_AT_ONCE):
        yield np.arange(begin, min(begin + ITEMS_AT_ONCE, n_items))


def stacked(parts: list[Histories]) -> Histories:
    """Blocks of rows put under each other."""
    return csr_array(vstack(parts, format="csr"))
