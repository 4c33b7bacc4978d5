"""What a ranker learns from: moments of the past, and what people bought in the weeks after.

For each lesson the models are trained up to its moment and asked as of that moment; what came later
says which candidates were right, and is in no feature.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from models.arrays import Float32, Histories, Int64, Mask, rows_of
from models.candidates import Candidates, drawn
from models.features import features
from models.interactions import Interactions
from models.panel import Panel, read
from models.recommender import Recommender

SHOPPERS_TAUGHT = 5_000
SCORES_TAUGHT = 4e8
"""Of each model and lesson: fewer shoppers teach where there are very many items."""
FEWEST_TAUGHT = 50
MISSES_TAUGHT = 100
"""Of one shopper and lesson."""
SCORES_AT_ONCE = 1 << 23

Fresh: TypeAlias = Callable[[], Sequence[Recommender]]


class Lesson(NamedTuple):
    """Candidates of several shoppers at one moment: features, which were bought, group lengths."""

    features: Float32
    is_hit: Mask
    groups: Int64


def lessons(
    fresh: Fresh, interactions: Interactions, count: int, horizon_days: float, each: int, seed: int
) -> Iterator[Lesson]:
    """Up to `count` of the latest stretches, the latest first, each without what came after it.

    A short history has shorter stretches, so that the first still has something before it.
    """
    days = interactions.days
    span = float(np.ptp(days)) if len(days) else 0.0
    horizon = min(horizon_days, span / (count + 2))
    for back in range(count if horizon > 0 else 0):
        cut = float(days.max()) - horizon * (back + 1)
        is_next = (days >= cut) & (days < cut + horizon if back else np.isfinite(days))
        truth = interactions.where(is_next).bought
        yield from lesson(fresh(), interactions.before(cut), truth, each, seed)


def lesson(
    models: Sequence[Recommender], past: Interactions, truth: Histories, each: int, seed: int
) -> Iterator[Lesson]:
    """What could be known at the end of `past` of shoppers whose purchases `truth` tells.

    `truth` `(n_shoppers, n_items)`. Only those count whose history is told and who are right about
    a candidate; so many at once as memory bears.
    """
    panel, told = Panel.of(models, past), read(models, past)
    rows = np.flatnonzero((np.diff(truth.indptr) > 0) & (np.diff(told.indptr) > 0))
    rng = np.random.default_rng(seed)
    most = min(SHOPPERS_TAUGHT, max(FEWEST_TAUGHT, int(SCORES_TAUGHT / max(past.n_items, 1))))
    if len(rows) > most:
        rows = np.sort(rng.choice(rows, most, replace=False))
    size = max(1, SCORES_AT_ONCE // max(past.n_items, 1))
    for begin in range(0, len(rows), size):
        asked = rows[begin : begin + size]
        yield _examined(panel, rows_of(told, asked), rows_of(truth, asked), each, rng)


def _examined(
    panel: Panel, told: Histories, truth: Histories, each: int, rng: np.random.Generator
) -> Lesson:
    scores, seen = panel.hear(told)
    chosen = drawn(scores, seen, panel.facts.fresh, None, each)
    is_hit = _hits(chosen, truth)
    teaches = _teaching(chosen.rows, is_hit, rng)
    kept = Candidates(chosen.rows[teaches], chosen.items[teaches], chosen.places[teaches])
    groups = np.unique(kept.rows, return_counts=True)[1]
    return Lesson(features(kept, scores, seen, panel.facts), is_hit[teaches], groups)


def _teaching(rows: Int64, is_hit: Mask, rng: np.random.Generator) -> Mask:
    """`(n_candidates,)`: all hits, and a sample of what else those shoppers might have bought."""
    drawn = rng.random(len(rows))
    order = np.lexsort((drawn, is_hit, rows))
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    is_sampled = np.zeros(len(rows), bool)
    is_sampled[order] = place < MISSES_TAUGHT
    teaches: Mask = np.isin(rows, rows[is_hit]) & (is_hit | is_sampled)
    return teaches


def _hits(chosen: Candidates, truth: Histories) -> Mask:
    n_items = truth.shape[1]
    rows = np.repeat(np.arange(truth.shape[0], dtype=np.int64), np.diff(truth.indptr))
    return np.isin(chosen.rows * n_items + chosen.items, rows * n_items + truth.indices)
