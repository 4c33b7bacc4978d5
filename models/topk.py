"""The k best of many scores: exclusion, truncation and ties, in one place for every model."""

from typing import NamedTuple

import numpy as np

from models.arrays import Float32, Histories, Int32, Mask
from models.errors import ScoresInvalid

NO_ITEM = -1


class Ranking(NamedTuple):
    """Best first. Where fewer items than asked were left, `NO_ITEM` with -inf fills the row."""

    items: Int32
    """`(n, k)` columns."""
    scores: Float32
    """`(n, k)`."""


def rank(
    scores: Float32, k: int, *, exclude: Histories | None = None, allowed: Mask | None = None
) -> Ranking:
    """The `k` best columns of each row of `scores`, `(n, n_items)`; equal scores by lower column.

    `exclude` `(n, n_items)`: stored entries are left out. `allowed` `(n_items,)`: only those are
    ranked. Overwrites `scores`. Raises `ScoresInvalid` on NaN.
    """
    if np.isnan(scores).any():
        raise ScoresInvalid
    if exclude is not None:
        scores[
            np.repeat(np.arange(len(scores)), np.diff(exclude.indptr)), exclude.indices
        ] = -np.inf
    if allowed is not None:
        scores[:, ~allowed] = -np.inf
    n_items = scores.shape[1]
    kept = min(k, n_items)
    items = np.full((len(scores), k), NO_ITEM, np.int32)
    best = np.full((len(scores), k), -np.inf, np.float32)
    items[:, :kept] = _best_columns(scores, kept)
    best[:, :kept] = np.take_along_axis(scores, items[:, :kept].astype(np.intp), axis=1)
    items[best == -np.inf] = NO_ITEM
    return Ranking(items, best)


def _best_columns(scores: Float32, k: int) -> Int32:
    n_items = scores.shape[1]
    if k == 0 or len(scores) == 0:
        return np.zeros((len(scores), k), np.int32)
    columns = np.argpartition(scores, n_items - k, axis=1)[:, n_items - k :]
    _settle_ties(scores, columns)
    columns.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1).astype(np.int32)


def _settle_ties(scores: Float32, columns: np.ndarray[tuple[int, int], np.dtype[np.intp]]) -> None:
    """Partitioning picks any of the columns that tie for the last places; take the lowest."""
    chosen = np.take_along_axis(scores, columns, axis=1)
    last = chosen.min(axis=1, keepdims=True)
    wanted = (chosen == last).sum(axis=1)
    tied = (scores == last).sum(axis=1)
    for row in np.flatnonzero(tied > wanted):
        better = columns[row][chosen[row] > last[row]]
        equal = np.flatnonzero(scores[row] == last[row])[: wanted[row]]
        columns[row] = np.concatenate((better, equal))
