"""Who may be in a list at all: the best of several sources, each with its place there."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.arrays import Float32, Int64, Mask
from models.history import Seen, looked_up
from models.topk import NO_ITEM, Ranking, rank

HALF_LIFE_DAYS = 180.0
OWN = 0
"""The source of what the shopper bought before, by decayed frequency; the models follow."""


class Candidates(NamedTuple):
    """Pairs of shopper and item, ascending.

    rows, items  `(n,)`
    places  `(n, 1 + n_models)`: one over the place in each source's list, 0 beyond its end
    """

    rows: Int64
    items: Int64
    places: Float32


def drawn(
    scores: Sequence[Float32], seen: Seen, fresh: Mask, allowed: Mask | None, each: int
) -> Candidates:
    """The `each` best new items by each model's `scores` `(n, n_items)`, and as many bought before.

    A score of zero says nothing and names nobody.

    A quarter of places more goes to `fresh` items `(n_items,)`, which the first model alone judges:
    nobody else knows them.
    """
    bought = (seen.rows[seen.purchases > 0], seen.items[seen.purchases > 0])
    ranked = [_own(seen, allowed, each)]
    for known in scores:
        new = np.where(known == 0, np.float32(-np.inf), known)
        new[bought] = -np.inf
        ranked.append(rank(new, each, allowed=allowed))
    new = scores[0].copy()
    new[bought] = -np.inf
    lately = rank(new, each // 4, allowed=fresh if allowed is None else fresh & allowed)
    keys = [_keys(list_.items, seen.n_items) for list_ in (*ranked, lately)]
    pairs = np.unique(np.concatenate(keys))
    places = [_places(key, list_, pairs) for key, list_ in zip(keys, ranked, strict=False)]
    return Candidates(*np.divmod(pairs, seen.n_items), np.stack(places, axis=1))


def own_frequency(seen: Seen) -> Float32:
    """`(len(seen.items),)`: purchases, each item's halved with the age of its last."""
    frequency: Float32 = seen.purchases * np.exp2(-seen.bought_ages / HALF_LIFE_DAYS)
    return frequency.astype(np.float32)


def _own(seen: Seen, allowed: Mask | None, each: int) -> Ranking:
    n, frequency = len(seen.indptr) - 1, own_frequency(seen)
    counts = frequency > 0 if allowed is None else (frequency > 0) & allowed[seen.items]
    rows, items, worth = seen.rows[counts], seen.items[counts], frequency[counts]
    order = np.lexsort((items, -worth, rows))
    place = np.arange(len(order)) - np.searchsorted(rows, rows)
    best = Ranking(np.full((n, each), NO_ITEM, np.int32), np.full((n, each), -np.inf, np.float32))
    kept = place < each
    best.items[rows[kept], place[kept]] = items[order][kept]
    best.scores[rows[kept], place[kept]] = worth[order][kept]
    return best


def _keys(items: np.ndarray[tuple[int, ...], np.dtype[np.int32]], n_items: int) -> Int64:
    keys: Int64 = np.arange(len(items), dtype=np.int64)[:, None] * n_items + items
    named: Int64 = keys[items != NO_ITEM]
    return named


def _places(keys: Int64, ranked: Ranking, pairs: Int64) -> Float32:
    shape = ranked.items.shape
    reciprocal = np.broadcast_to(1 / np.arange(1, shape[1] + 1, dtype=np.float32), shape)
    values = reciprocal[ranked.items != NO_ITEM]
    order = np.argsort(keys)
    return looked_up(keys[order], values[order], pairs, 0.0)
