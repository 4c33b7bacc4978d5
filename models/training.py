"""From interactions to an artifact: split, train, compare, decide, train on everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from models import artifacts, gate
from models.als import ALS
from models.arrays import Int64
from models.artifacts import Artifact
from models.errors import NothingToLearn
from models.evaluation import Report, Split, Task, evaluate, temporal_split
from models.gate import Verdict
from models.guard_rails import FALLBACK_LIMITS, LIMITS, Limits, Shelf, guard
from models.interactions import Interactions, day_of
from models.popularity import Popularity
from models.recommendations import KIND, Recommendations, stored
from models.recommender import Recommender
from models.registry import recommender

HOLDOUT_DAYS = 28.0
SHOPPERS_JUDGED = 20_000
# With fewer shoppers an interval says little; earlier cuts, as shares of all events, hold more.
FEWEST_JUDGED = 100
EARLIER_CUTS = (0.9, 0.8, 0.7)
FALLBACK = Popularity()


@dataclass(frozen=True)
class Outcome:
    """What a training came to.

    verdict  on the contender that passed, else on the candidate
    artifact  stored, to be promoted if nothing is objected; None where the live one must stay
    reports  every model measured, by name
    """

    verdict: Verdict
    artifact: Artifact | None
    reports: Mapping[str, Report]

    @property
    def objections(self) -> list[str]:
        """The guard rails that the artifact breaks: it stays on record and must not go live."""
        return gate.objections(self.artifact) if self.artifact else []


@dataclass(frozen=True)
class Trial:
    """One held-out window and the reports measured on it."""

    split: Split
    task: Task
    seed: int

    def report(self, model: Recommender, known_until_day: float | None = None) -> Report:
        """Train a fresh copy up to the cut, or on the older events only, and measure it."""
        train = self.split.train
        seen = train if known_until_day is None else train.before(known_until_day)
        return evaluate(_fresh(model).fit(seen), self.split, task=self.task)


def train_and_gate(
    interactions: Interactions,
    root: Path,
    *,
    candidate: Recommender | None = None,
    shelf: Shelf | None = None,
    categories: Int64 | None = None,
    limits: Limits = LIMITS,
    holdout_days: float = HOLDOUT_DAYS,
    task: Task = "new",
    seed: int = 0,
    now: datetime | None = None,
) -> Outcome:
    """Gate the candidate against popularity and the live artifact's recipe, and store the winner.

    The guard rails are measured on lists from the shelf, as what was trained on everything answers;
    without a shelf everything can be bought. From `categories` `(n_items,)`, codes from 0, it is
    learned how soon a product may be shown to its buyer again; without them never.

    The last `holdout_days` of the interactions judge. If a new recipe fails, the live recipe is
    renewed on today's data under the same rule. If nothing is live and the candidate fails,
    popularity is stored, so that a market always has an answer. The caller promotes.
    Raises `NothingToLearn`.
    """
    candidate = candidate or ALS(seed=seed)
    live = artifacts.live(root, KIND)
    trial = Trial(_split(interactions, holdout_days, task, seed), task, seed)
    reports = {FALLBACK.recipe: trial.report(FALLBACK)}
    winner, verdict = _first_to_pass(_contenders(candidate, live), live, trial, reports)
    if winner is None and (live is None or live.recipe == FALLBACK.recipe):
        winner = FALLBACK
    if winner is None:
        return Outcome(verdict, None, reports)
    held = FALLBACK_LIMITS if winner is FALLBACK else limits
    shelf = shelf or Shelf.of_one_vendor(interactions.products)
    metrics = _metrics(reports, verdict, seed)
    artifact = _store(
        winner, interactions, categories, root, live, metrics, (shelf, held), seed, now
    )
    return Outcome(verdict, artifact, reports)


def _first_to_pass(
    contenders: Sequence[Recommender],
    live: Artifact | None,
    trial: Trial,
    reports: dict[str, Report],
) -> tuple[Recommender | None, Verdict]:
    """Who passed with their verdict, or nobody with the verdict on the first."""
    verdicts = []
    for contender in contenders:
        verdicts.append(_try(contender, live, trial, reports))
        if verdicts[-1].is_passed:
            return contender, verdicts[-1]
    return None, verdicts[0]


def _split(interactions: Interactions, holdout_days: float, task: Task, seed: int) -> Split:
    """Judge by the last days; where they hold too few returning shoppers, by the last events.

    Real histories end in a long thin tail (Olist's last order lies 18 months after the one before).
    """
    if not interactions.n_events:
        raise NothingToLearn("There are no events.")
    cuts = [float(interactions.days.max()) - holdout_days]
    cuts += [float(np.quantile(interactions.days, share)) for share in EARLIER_CUTS]
    widest: Split | None = None
    for cut in cuts:
        try:
            split = temporal_split(
                interactions, cut, task=task, max_shoppers=SHOPPERS_JUDGED, seed=seed
            )
        except NothingToLearn:
            continue
        if len(split.judged) >= FEWEST_JUDGED:
            return split
        if widest is None or len(split.judged) > len(widest.judged):
            widest = split
    if widest is None:
        raise NothingToLearn("No shopper has events both before and after any cut.")
    return widest


def _contenders(candidate: Recommender, live: Artifact | None) -> list[Recommender]:
    """The candidate, then the live recipe on today's data. The fallback needs no gate."""
    if live is None or live.recipe == FALLBACK.recipe or _same(candidate, live):
        return [candidate]
    return [candidate, recommender(live.recipe, live.parameters)]


def _try(
    contender: Recommender, live: Artifact | None, trial: Trial, reports: dict[str, Report]
) -> Verdict:
    report = reports[contender.recipe] = trial.report(contender)
    popularity = reports[FALLBACK.recipe]
    if live is None:
        return gate.decide(report, popularity, seed=trial.seed)
    is_same = _same(contender, live)
    if "incumbent" not in reports:
        reports["incumbent"] = _incumbent(live, trial, report if is_same else None)
    incumbent = reports["incumbent"]
    return gate.decide(report, popularity, incumbent, is_same_recipe=is_same, seed=trial.seed)


def _incumbent(live: Artifact, trial: Trial, same_recipe: Report | None) -> Report:
    """The live recipe trained again on what it knew of the time before the cut.

    The live model itself may have seen the window that judges.
    """
    known_until = day_of(datetime.fromisoformat(live.data_window[1]))
    if same_recipe is not None and known_until >= float(trial.split.train.days.max()):
        return same_recipe
    return trial.report(recommender(live.recipe, live.parameters), known_until)


def _store(
    winner: Recommender,
    interactions: Interactions,
    categories: Int64 | None,
    root: Path,
    live: Artifact | None,
    metrics: Mapping[str, Any],
    guarded: tuple[Shelf, Limits],
    seed: int,
    now: datetime | None,
) -> Artifact:
    model = _fresh(winner).fit(interactions)
    arrays = stored(model, interactions, categories)
    rails = guard(Recommendations.over("unstored", model.recipe, arrays), *guarded, seed=seed)
    return artifacts.write(
        root,
        KIND,
        recipe=model.recipe,
        parameters=model.parameters(),
        seed=seed,
        data_window=interactions.window(),
        metrics={
            **metrics,
            "guard_rails": {name: rail.as_json() for name, rail in rails.items()},
        },
        parent=live.version if live else None,
        arrays=arrays,
        now=now,
    )


def _metrics(reports: Mapping[str, Report], verdict: Verdict, seed: int) -> dict[str, Any]:
    summaries = {
        name: {metric: list(interval) for metric, interval in report.summary(seed).items()}
        for name, report in reports.items()
    }
    return {"models": summaries, "verdict": verdict.as_json()}


def _same(model: Recommender, live: Artifact) -> bool:
    return model.recipe == live.recipe and model.parameters() == dict(live.parameters)


def _fresh(model: Recommender) -> Recommender:
    # Every subclass is a dataclass; the abstract class itself has no fields to be one.
    return replace(model)  # type: ignore[type-var]
