"""How good a ranking is: per shopper, and for the market as a whole.

A ranking is `items` `(n, k)`, best first, -1 where nothing was left to recommend. The truth is a
sparse `(n, n_items)` matrix whose stored entries are relevant. Shopper metrics are `(n,)` float64.
"""

import numpy as np

from models.arrays import AnyArray, Float64, Histories, Int32, Integers, Mask
from models.topk import NO_ITEM


def hits(items: Int32, truth: Histories) -> Mask:
    """`(n, k)`: is the item at this rank relevant to this shopper?"""
    n, n_items = truth.shape
    keys = np.repeat(np.arange(n, dtype=np.int64), np.diff(truth.indptr)) * n_items + truth.indices
    asked = np.arange(n, dtype=np.int64)[:, None] * n_items + items
    found: Mask = np.isin(asked, keys) & (items != NO_ITEM)
    return found


def relevant(truth: Histories) -> Float64:
    """`(n,)`: how many items are relevant to each shopper."""
    return np.diff(truth.indptr).astype(np.float64)


def recall(hit: Mask, n_relevant: Float64) -> Float64:
    """Hits over all relevant items: Recall@k ÷ n, as in the LightGCN line of papers."""
    share: Float64 = hit.sum(axis=1) / np.maximum(n_relevant, 1)
    return share


def recall_capped(hit: Mask, n_relevant: Float64) -> Float64:
    """Hits over what k places could hold: Recall@k ÷ min(k, n), as in the VAE line of papers."""
    share: Float64 = hit.sum(axis=1) / np.clip(n_relevant, 1, hit.shape[1])
    return share


def precision(hit: Mask) -> Float64:
    """Hits over places."""
    share: Float64 = hit.mean(axis=1)
    return share


def ndcg(hit: Mask, n_relevant: Float64) -> Float64:
    """Discounted gain with binary relevance, over that of the best possible ranking of k places."""
    discount = 1 / np.log2(np.arange(2, hit.shape[1] + 2))
    ideal = np.concatenate(([0.0], np.cumsum(discount)))
    best = ideal[np.minimum(n_relevant, hit.shape[1]).astype(np.int64)]
    return (hit @ discount) / np.maximum(best, np.finfo(np.float64).tiny)


def reciprocal_rank(hit: Mask) -> Float64:
    """One over the rank of the first hit, 0 without a hit."""
    return np.where(hit.any(axis=1), 1 / (hit.argmax(axis=1) + 1), 0.0)


def exposure(items: Int32, n_items: int) -> Float64:
    """`(n_items,)`: how often each item was shown."""
    return np.bincount(items[items != NO_ITEM], minlength=n_items).astype(np.float64)


def coverage(shown: Float64) -> float:
    """Share of the catalogue that anybody was shown."""
    return float((shown > 0).mean()) if shown.size else 0.0


def gini(amounts: AnyArray) -> float:
    """Inequality of amounts: 0 where all are equal, towards 1 where one has everything."""
    ordered = np.sort(np.asarray(amounts, np.float64))
    n, total = len(ordered), ordered.sum()
    if total == 0:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


def group_gini(shown: Float64, groups: Integers) -> float:
    """Inequality of exposure between groups such as vendors; `groups` `(n_items,)` from 0."""
    return gini(np.bincount(groups, shown))


def novelty(items: Int32, events: AnyArray) -> float:
    """Mean surprise of a shown item in bits: -log2 of its share of `events`, `(n_items,)` counts.

    An item without events surprises as much as one with a single event.
    """
    shown = items[items != NO_ITEM]
    surprise = np.log2(max(events.sum(), 1)) - np.log2(np.maximum(events, 1))
    return float(surprise[shown].mean()) if shown.size else 0.0
