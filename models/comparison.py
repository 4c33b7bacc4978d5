"""Several models on the same splits: means, intervals, and each against the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import process_time
from typing import Any

import numpy as np

from models.evaluation import (
    UNDESCRIBED,
    Catalogue,
    Interval,
    Report,
    Split,
    Task,
    evaluate,
    mean_interval,
    relative_difference,
)
from models.recommender import Recommender
from models.strata import Strata, pooled


@dataclass(frozen=True)
class Row:
    """One model's line of a table; seconds are of CPU, whatever else runs, summed over splits."""

    recipe: str
    parameters: Mapping[str, Any]
    shoppers: int
    metrics: Mapping[str, Interval]
    strata: Strata
    behind_best: Interval | None
    """How far the best model's NDCG is ahead, relative, paired by shopper; None for the best."""
    fit_cpu_seconds: float
    answer_cpu_seconds: float


@dataclass(frozen=True)
class Measured:
    """A model's reports over several splits."""

    model: Recommender
    reports: Sequence[Report]
    fit_cpu_seconds: float
    answer_cpu_seconds: float

    def pooled(self, metric: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """A shopper metric over all splits, one after the other."""
        return np.concatenate([report.by_shopper[metric] for report in self.reports])


def compare(
    models: Sequence[Recommender],
    splits: Sequence[Split],
    *,
    k: int = 20,
    task: Task = "new",
    catalogue: Catalogue = UNDESCRIBED,
    seed: int = 0,
) -> list[Row]:
    """Fit and judge every model on every split; the best by NDCG first."""
    judged_by = f"ndcg@{k}"
    measured = [measure(model, splits, k, task, catalogue) for model in models]
    measured.sort(key=lambda one: -float(one.pooled(judged_by).mean()))
    best = measured[0].pooled(judged_by) if measured else np.zeros(0)
    return [
        Row(
            one.model.recipe,
            one.model.parameters(),
            len(best),
            _summary(one, seed),
            pooled([report.strata for report in one.reports]),
            relative_difference(best, one.pooled(judged_by), seed) if place else None,
            one.fit_cpu_seconds,
            one.answer_cpu_seconds,
        )
        for place, one in enumerate(measured)
    ]


def measure(
    model: Recommender,
    splits: Sequence[Split],
    k: int,
    task: Task,
    catalogue: Catalogue = UNDESCRIBED,
) -> Measured:
    """Fit a fresh copy on each split and judge it there."""
    reports, fitting, answering = [], 0.0, 0.0
    for split in splits:
        # Every subclass is a dataclass; the abstract class itself has no fields to be one.
        fresh: Recommender = replace(model)  # type: ignore[type-var]
        begin = process_time()
        fresh.fit(split.train)
        fitted = process_time()
        reports.append(evaluate(fresh, split, k=k, task=task, catalogue=catalogue))
        fitting, answering = fitting + fitted - begin, answering + process_time() - fitted
    return Measured(model, reports, fitting, answering)


def _summary(measured: Measured, seed: int) -> dict[str, Interval]:
    first = measured.reports[0]
    means = {name: mean_interval(measured.pooled(name), seed) for name in first.by_shopper}
    for name in first.of_market:
        value = float(np.mean([report.of_market[name] for report in measured.reports]))
        means[name] = Interval(value, value, value)
    return means
