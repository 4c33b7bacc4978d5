"""The k best of many scores: exclusion, truncation and ties, in one place for every model."""

from typing import NamedTuple, TypeAlias

import numpy as np

from models.arrays import Float32, Histories, Int32, Mask
from models.errors import ScoresInvalid

NO_ITEM = -1
BLOCKS_PER_PLACE = 8

Places: TypeAlias = np.ndarray[tuple[int], np.dtype[np.intp]]


class Ranking(NamedTuple):
    """Best first. Where fewer items than asked were left, `NO_ITEM` with -inf fills the row."""

    items: Int32
    """`(n, k)` columns."""
    scores: Float32
    """`(n, k)`."""


def rank(
    scores: Float32,
    k: int,
    *,
    exclude: Histories | None = None,
    allowed: Mask | None = None,
    ties: Float32 | None = None,
) -> Ranking:
    """The `k` best columns of each row of `scores`, `(n, n_items)`.

    `ties` `(n_items,)` or `(n, n_items)`: of equal scores the larger comes first; then, and without
    `ties`, the lower column.
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
        np.copyto(scores, np.float32(-np.inf), where=~allowed)
    items = np.full((len(scores), k), NO_ITEM, np.int32)
    best = np.full((len(scores), k), -np.inf, np.float32)
    rows, columns = _candidates(scores, k)
    values = scores[rows, columns]
    preferred = np.broadcast_to(np.float32(0) if ties is None else ties, scores.shape)
    order = np.lexsort((columns, -preferred[rows, columns], -values, rows))
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    chosen = order[place < k]
    items[rows[chosen], place[place < k]] = columns[chosen]
    best[rows[chosen], place[place < k]] = values[chosen]
    return Ranking(items, best)


def _candidates(scores: Float32, k: int) -> tuple[Places, Places]:
    """Rows and columns, row by row, of all that may reach the k-th best score, ties included."""
    if k == 0 or scores.size == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    # Whatever is ruled out lies below the least number that a score can be.
    border = np.maximum(_border(scores, k), np.finfo(np.float32).min)
    rows, columns = np.divmod(np.flatnonzero(scores >= border), scores.shape[1])
    return rows, columns


def _border(scores: Float32, k: int) -> Float32:
    """`(n, 1)`: the k-th best score of each row, or something below it that is sooner found."""
    n, n_items = scores.shape
    width = n_items // (BLOCKS_PER_PLACE * k)
    if width < BLOCKS_PER_PLACE:
        last = max(n_items - k, 0)
        # Partitioning values is several times faster than partitioning their places.
        return np.partition(scores, last, axis=1)[:, last, None]
    # The best of k blocks are k scores: the least of them lies at or below the k-th best of all.
    n_blocks = n_items // width
    best = scores[:, : n_blocks * width].reshape(n, n_blocks, width).max(axis=2)
    return np.partition(best, n_blocks - k, axis=1)[:, n_blocks - k, None]
