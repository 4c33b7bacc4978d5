"""May this model go live? A rule over measured reports, with its reasons."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.artifacts import Artifact
from models.evaluation import Interval, Report, relative_difference
from models.guard_rails import broken
from models.recommendations import KIND

JUDGED_BY = "ndcg@20"
NON_INFERIOR_ABOVE = -0.01


@dataclass(frozen=True)
class Verdict:
    """Whether a candidate passed, against whom it was measured, and why."""

    recipe: str
    is_passed: bool
    reasons: tuple[str, ...]
    compared: Mapping[str, Interval]
    """Relative difference in NDCG@20 to each opponent by name, with its interval."""

    def as_json(self) -> dict[str, Any]:
        """For manifests and logs."""
        return asdict(self)


def decide(
    candidate: Report,
    popularity: Report,
    incumbent: Report | None = None,
    *,
    is_same_recipe: bool = False,
    rival: Report | None = None,
    seed: int = 0,
) -> Verdict:
    """All reports are of models trained only up to the same cut, on the same shoppers.

    The same recipe on newer data must not be worse: the lower bound at or above -1 %. A new recipe
    must be better: the lower bound above zero. Either must beat popularity, and a simpler `rival`
    that passed before it.
    """
    ours = candidate.by_shopper[JUDGED_BY]
    compared = {
        "popularity": relative_difference(ours, popularity.by_shopper[JUDGED_BY], seed),
    }
    findings = [_better(compared["popularity"], "popularity")]
    if incumbent is not None:
        theirs = incumbent.by_shopper[JUDGED_BY]
        compared["incumbent"] = relative_difference(ours, theirs, seed)
        name = f"the live recipe {incumbent.recipe}"
        rule = _not_worse if is_same_recipe else _better
        findings.append(rule(compared["incumbent"], name))
    if rival is not None:
        compared[rival.recipe] = relative_difference(ours, rival.by_shopper[JUDGED_BY], seed)
        findings.append(_better(compared[rival.recipe], rival.recipe))
    reasons = tuple(reason for _, reason in findings)
    return Verdict(candidate.recipe, all(held for held, _ in findings), reasons, compared)


def objections(artifact: Artifact) -> list[str]:
    """Why this artifact may not go live, from what its manifest says; [] where it may.

    A verdict on another recipe is how the fallback came to be stored, and no word against it.
    """
    if artifact.kind != KIND:
        return []
    verdict = artifact.metrics.get("verdict")
    if verdict is None:
        return ["it was never judged"]
    lost = verdict["recipe"] == artifact.recipe and not verdict["is_passed"]
    return [*(verdict["reasons"] if lost else ()), *broken(artifact.metrics.get("guard_rails", {}))]


def _better(difference: Interval, opponent: str) -> tuple[bool, str]:
    held = difference.low > 0
    return held, f"{'' if held else 'not '}better than {opponent}: {_shown(difference)}"


def _not_worse(difference: Interval, opponent: str) -> tuple[bool, str]:
    held = difference.low >= NON_INFERIOR_ABOVE
    return held, f"{'no ' if held else ''}worse than {opponent}: {_shown(difference)}"


def _shown(difference: Interval) -> str:
    value, low, high = (f"{100 * part:+.1f} %" for part in difference)
    return f"{JUDGED_BY} {value} ({low} to {high})"
