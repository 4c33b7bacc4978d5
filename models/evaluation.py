"""Judging models on what happened next: a cut in time, all items ranked, bootstrap intervals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np

from models import metrics
from models.arrays import Float64, Histories, Int32, Int64, Integers, Mask, rows_of
from models.errors import NothingToLearn
from models.interactions import Interactions
from models.recommender import Recommender
from models.strata import Strata, by_stratum, pairs_of
from models.topk import rank

Task = Literal["new", "all"]
"""Rank only items the shopper has not bought before, or all of them."""

RESAMPLES = 1_000
CONFIDENCE = 0.95
SCORES_AT_ONCE = 1 << 25


@dataclass(frozen=True)
class Split:
    """What models may see, and what happened afterwards.

    train  what they learn from
    known  what they are told of the shoppers when they answer; as a rule the same
    truth  `(n_shoppers, n_items)`, what each shopper bought after the cut
    judged  rows of the shoppers who count
    cut_day  where the cut was, if it was in time
    shelf  `(n_items,)`, the listings that were live and in stock then; None where all were
    kept_out  `(n_shoppers, n_items)`, what nobody may be recommended, whatever the task
    """

    train: Interactions
    known: Interactions
    truth: Histories
    judged: Int64
    cut_day: float | None = None
    shelf: Mask | None = None
    kept_out: Histories | None = None


class Interval(NamedTuple):
    """A value with the bounds of its bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Catalogue:
    """What is known of the items beside their events, each `(n_items,)`.

    vendors  codes from 0: for the inequality of exposure and the strata by vendor size
    worths  what one sale brings, in any unit: for the share of the money that was in the lists
    listed, ended  days on which a listing came and went; NaN where it did not
    """

    vendors: Integers | None = None
    worths: Float64 | None = None
    listed: Float64 | None = None
    ended: Float64 | None = None

    def shelf(self, day: float | None) -> Mask | None:
        """`(n_items,)`: what was on offer on a day; None where nobody knows."""
        if day is None or (self.listed is None and self.ended is None):
            return None
        came = True if self.listed is None else ~(self.listed > day)
        went = False if self.ended is None else self.ended <= day
        on_offer: Mask = np.asarray(came & ~np.asarray(went))
        return on_offer


UNDESCRIBED = Catalogue()


@dataclass(frozen=True)
class Report:
    """One model on one split. `by_shopper` arrays are `(len(split.judged),)`, in that order."""

    recipe: str
    k: int
    by_shopper: Mapping[str, Float64]
    of_market: Mapping[str, float]
    strata: Strata = field(default_factory=dict)

    def summary(self, seed: int = 0) -> dict[str, Interval]:
        """Means over shoppers with bootstrap intervals, and the market's figures as they are."""
        means = {name: mean_interval(values, seed) for name, values in self.by_shopper.items()}
        return means | {name: Interval(v, v, v) for name, v in self.of_market.items()}


def temporal_split(
    interactions: Interactions,
    cut_day: float,
    *,
    task: Task = "new",
    until_day: float = np.inf,
    max_shoppers: int | None = None,
    seed: int = 0,
) -> Split:
    """Train before `cut_day`, truth from there to `until_day`.

    Only shoppers with a history are judged; they may be sampled (seeded), items never are.
    Raises `NothingToLearn`.
    """
    train = interactions.before(cut_day)
    later = (interactions.days >= cut_day) & (interactions.days < until_day)
    split = judge(train, interactions.where(later).bought, task, max_shoppers, seed)
    return replace(split, cut_day=cut_day)


def judge(
    train: Interactions,
    truth: Histories,
    task: Task = "new",
    max_shoppers: int | None = None,
    seed: int = 0,
    known: Interactions | None = None,
) -> Split:
    """A split from any held-out truth `(n_shoppers, n_items)`. Raises `NothingToLearn`."""
    known = train if known is None else known
    if task == "new":
        truth = without(truth, known.bought)
    has_history = np.diff(known.matrix.indptr) > 0
    judged = np.flatnonzero((np.diff(truth.indptr) > 0) & has_history)
    if not len(judged):
        raise NothingToLearn("No shopper has events both before and after the cut.")
    if max_shoppers is not None and len(judged) > max_shoppers:
        rng = np.random.default_rng(seed)
        judged = np.sort(rng.choice(judged, max_shoppers, replace=False))
    return Split(train, known, truth, judged)


def evaluate(
    model: Recommender,
    split: Split,
    *,
    k: int = 20,
    task: Task = "new",
    catalogue: Catalogue = UNDESCRIBED,
) -> Report:
    """Rank every item for every judged shopper with a model fitted on `split.train`."""
    items = np.concatenate(list(_ranked(model, split, k, task)), axis=0)
    truth = rows_of(split.truth, split.judged)
    pairs = pairs_of(items, truth)
    shown = metrics.exposure(items, split.train.n_items)
    hit, n_relevant = metrics.hits(items, truth), metrics.relevant(truth)
    by_shopper = {
        f"ndcg@{k}": metrics.ndcg(hit, n_relevant),
        f"recall@{k}": metrics.recall(hit, n_relevant),
        f"recall_capped@{k}": metrics.recall_capped(hit, n_relevant),
        f"mrr@{k}": metrics.reciprocal_rank(hit),
    }
    of_market = {
        f"coverage@{k}": metrics.coverage(shown),
        f"gini@{k}": metrics.gini(shown),
        f"novelty@{k}": metrics.novelty(
            items, np.bincount(split.train.columns, minlength=split.train.n_items)
        ),
    }
    if catalogue.vendors is not None:
        of_market[f"vendor_gini@{k}"] = metrics.group_gini(shown, catalogue.vendors)
    if catalogue.worths is not None:
        of_market[f"gmv_hits@{k}"] = pairs.money_share(truth, catalogue.worths)
    strata = by_stratum(pairs, split.train, split.known, split.judged, catalogue.vendors)
    return Report(model.recipe, k, by_shopper, of_market, strata)


def mean_interval(values: Float64, seed: int = 0) -> Interval:
    """The mean over shoppers, with a percentile bootstrap over them."""
    means = np.array([values[drawn].mean() for drawn in _resamples(len(values), seed)])
    return Interval(float(values.mean()), *_bounds(means))


def relative_difference(candidate: Float64, baseline: Float64, seed: int = 0) -> Interval:
    """mean(candidate) / mean(baseline) - 1 over the same shoppers, resampled together.

    Where the baseline has no hit at all, anything above it counts as twice as good.
    """
    ratios = [
        _relative(candidate[drawn].mean(), baseline[drawn].mean())
        for drawn in _resamples(len(candidate), seed)
    ]
    return Interval(_relative(candidate.mean(), baseline.mean()), *_bounds(np.array(ratios)))


def _relative(candidate: float, baseline: float) -> float:
    if baseline == 0:
        return float(candidate > 0)
    return float(candidate / baseline - 1)


def _ranked(model: Recommender, split: Split, k: int, task: Task) -> Iterator[Int32]:
    histories = model.read(split.known)
    for rows in batches(split):
        scores = model.answer(rows_of(histories, rows))
        exclude = excluded(split, rows, task)
        yield rank(scores, k, exclude=exclude, allowed=split.shelf).items


def excluded(split: Split, rows: Int64, task: Task) -> Histories | None:
    """What may not be recommended to these shoppers."""
    if split.kept_out is not None:
        return rows_of(split.kept_out, rows)
    return rows_of(split.known.bought, rows) if task == "new" else None


def batches(split: Split) -> list[Int64]:
    """The judged shoppers, as many at once as memory bears scores for."""
    size = max(1, SCORES_AT_ONCE // max(split.train.n_items, 1))
    return [split.judged[begin : begin + size] for begin in range(0, len(split.judged), size)]


def without(truth: Histories, seen: Histories) -> Histories:
    """The truth `(n, n_items)` less the entries that were seen."""
    flags = seen.copy()
    flags.data = np.ones_like(flags.data)
    fresh = truth - truth.multiply(flags).tocsr()
    fresh.eliminate_zeros()
    return fresh


def _resamples(n: int, seed: int) -> Iterator[Int64]:
    rng = np.random.default_rng(seed)
    return (rng.integers(0, n, n) for _ in range(RESAMPLES))


def _bounds(values: Float64) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
