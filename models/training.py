"""From interactions to an artifact: split, train, compare, decide, train on everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from models import artifacts, gate
from models.artifacts import Artifact
from models.content import ContentALS
from models.errors import NothingToLearn
from models.evaluation import Report, Split, evaluate, judge, without
from models.gate import Verdict
from models.guard_rails import FALLBACK_LIMITS, LIMITS, Limits, Shelf, guard
from models.interactions import Interactions, day_of
from models.popularity import Popularity
from models.ranker import Ranker
from models.recommendations import KIND, Recommendations, stored
from models.recommender import Recommender
from models.registry import recommender
from models.repeats import resting

HOLDOUT_DAYS = 28.0
SHOPPERS_JUDGED = 20_000
# With fewer shoppers an interval says little; earlier cuts, as shares of all events, hold more.
FEWEST_JUDGED = 100
EARLIER_CUTS = (0.9, 0.8, 0.7)
FALLBACK = Popularity()


@dataclass(frozen=True)
class Outcome:
    """What a training came to.

    verdict  on the contender that won, else on the first candidate
    verdicts  on every contender, in the order of judging
    artifact  stored, to be promoted if nothing is objected; None where the live one must stay
    reports  every model measured, by name
    """

    verdict: Verdict
    verdicts: Sequence[Verdict]
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
    seed: int

    def report(self, model: Recommender, known_until_day: float | None = None) -> Report:
        """Train a fresh copy up to the cut, or on the older events only, and measure it."""
        train = self.split.train
        seen = train if known_until_day is None else train.before(known_until_day)
        return evaluate(_fresh(model).fit(seen), self.split, task="all")


def train_and_gate(
    interactions: Interactions,
    root: Path,
    *,
    candidates: Sequence[Recommender] | None = None,
    shelf: Shelf | None = None,
    limits: Limits = LIMITS,
    holdout_days: float = HOLDOUT_DAYS,
    seed: int = 0,
    now: datetime | None = None,
) -> Outcome:
    """Gate the candidates against popularity and the live artifact's recipe; store the winner.

    Candidates are given simplest first: a later one must be better than the earlier one that
    passed. By default iALS that leans on content, and a ranker over it and other sources.
    The guard rails are measured on lists from the shelf, as what was trained on everything answers;
    without a shelf everything can be bought. From listings it is learned how soon a category's
    products may be shown to their buyers again; without them never.

    The last `holdout_days` of the interactions judge, over what serving might then have shown. If
    every candidate fails, the live recipe is renewed on today's data under the same rule. If
    nothing is live either, popularity is stored, so that a market always has an answer. The caller
    promotes.
    Raises `NothingToLearn`.
    """
    candidates = candidates or (ContentALS(seed=seed), Ranker(seed=seed))
    live = artifacts.live(root, KIND)
    trial = Trial(_split(interactions, holdout_days, seed), seed)
    reports = {FALLBACK.recipe: trial.report(FALLBACK)}
    verdicts, winner = _judged(candidates, live, trial, reports)
    verdict = next((one for one in reversed(verdicts) if one.is_passed), verdicts[0])
    if winner is None and (live is None or live.recipe == FALLBACK.recipe):
        winner = FALLBACK
    if winner is None:
        return Outcome(verdict, verdicts, None, reports)
    held = FALLBACK_LIMITS if winner is FALLBACK else limits
    shelf = shelf or Shelf.of_one_vendor(interactions.products)
    metrics = _metrics(reports, verdict, seed)
    artifact = _store(winner, interactions, root, live, metrics, (shelf, held), seed, now)
    return Outcome(verdict, verdicts, artifact, reports)


def _judged(
    candidates: Sequence[Recommender],
    live: Artifact | None,
    trial: Trial,
    reports: dict[str, Report],
) -> tuple[list[Verdict], Recommender | None]:
    """A verdict on each candidate, and who passed; if nobody did, the live recipe is tried."""
    verdicts: list[Verdict] = []
    winner: Recommender | None = None
    for contender in candidates:
        rival = reports[winner.recipe] if winner else None
        verdicts.append(_try(contender, live, trial, reports, rival))
        winner = contender if verdicts[-1].is_passed else winner
    if winner is None and _is_worth_renewing(live, candidates):
        renewed = recommender(live.recipe, live.parameters)
        verdicts.append(_try(renewed, live, trial, reports, None))
        winner = renewed if verdicts[-1].is_passed else None
    return verdicts, winner


def _as_served(interactions: Interactions, cut: float, seed: int) -> Split:
    """Raises `NothingToLearn`."""
    train = interactions.before(cut)
    rests = resting(train, cut)
    bought = without(interactions.where(interactions.days >= cut).bought, rests)
    split = judge(train, bought, "all", SHOPPERS_JUDGED, seed)
    return replace(split, kept_out=rests)


def _is_worth_renewing(
    live: Artifact | None, candidates: Sequence[Recommender]
) -> TypeGuard[Artifact]:
    """The fallback needs no gate, and what was a candidate was tried."""
    if live is None or live.recipe == FALLBACK.recipe:
        return False
    return not any(_same(candidate, live) for candidate in candidates)


def _split(interactions: Interactions, holdout_days: float, seed: int) -> Split:
    """Judge by the last days, as shoppers are answered: what they bought returns when it is due.

    Where they hold too few returning shoppers, by the last events. Real histories end in a long
    thin tail (Olist's last order lies 18 months after the one before).
    """
    if not interactions.n_events:
        raise NothingToLearn("There are no events.")
    cuts = [float(interactions.days.max()) - holdout_days]
    cuts += [float(np.quantile(interactions.days, share)) for share in EARLIER_CUTS]
    widest: Split | None = None
    for cut in cuts:
        try:
            split = _as_served(interactions, cut, seed)
        except NothingToLearn:
            continue
        if len(split.judged) >= FEWEST_JUDGED:
            return split
        if widest is None or len(split.judged) > len(widest.judged):
            widest = split
    if widest is None:
        raise NothingToLearn("No shopper has events both before and after any cut.")
    return widest


def _try(
    contender: Recommender,
    live: Artifact | None,
    trial: Trial,
    reports: dict[str, Report],
    rival: Report | None,
) -> Verdict:
    report = reports[contender.recipe] = trial.report(contender)
    popularity = reports[FALLBACK.recipe]
    if live is None:
        return gate.decide(report, popularity, rival=rival, seed=trial.seed)
    is_same = _same(contender, live)
    if "incumbent" not in reports:
        reports["incumbent"] = _incumbent(live, trial, report if is_same else None)
    incumbent = reports["incumbent"]
    return gate.decide(
        report, popularity, incumbent, is_same_recipe=is_same, rival=rival, seed=trial.seed
    )


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
    root: Path,
    live: Artifact | None,
    metrics: Mapping[str, Any],
    guarded: tuple[Shelf, Limits],
    seed: int,
    now: datetime | None,
) -> Artifact:
    model = _fresh(winner).fit(interactions)
    arrays = stored(model, interactions)
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
