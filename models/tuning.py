"""An equal, stated budget of trials for every model, spent on training data alone.

Settings are spread over their ranges as a Latin hypercube: McKay, Beckman, Conover, "A Comparison
of Three Methods for Selecting Values of Input Variables" (Technometrics 21(2), 1979).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models import metrics
from models.arrays import Float64, rows_of
from models.blend import Blend, weighed
from models.evaluation import Split, Task, batches, evaluate, excluded
from models.recommender import Recommender
from models.registry import recommender
from models.topk import rank


@dataclass(frozen=True)
class Between:
    """A number from a range that is covered evenly, or evenly by magnitude."""

    low: float
    high: float
    by_magnitude: bool = False
    is_whole: bool = False

    def at(self, share: float) -> float | int:
        """The number that far from the low end to the high one, 0 to 1."""
        ends = np.log((self.low, self.high)) if self.by_magnitude else (self.low, self.high)
        place = ends[0] + share * (ends[1] - ends[0])
        number = float(np.exp(place)) if self.by_magnitude else float(place)
        return round(number) if self.is_whole else float(f"{number:.3g}")


def magnitude(low: float, high: float) -> Between:
    return Between(low, high, by_magnitude=True)


def count(low: int, high: int) -> Between:
    return Between(low, high, by_magnitude=True, is_whole=True)


SPACES: Mapping[str, Mapping[str, Between]] = {
    "popularity": {"half_life_days": magnitude(3, 1_000)},
    "item_knn": {"neighbours": count(20, 800), "shrinkage": magnitude(0.5, 500)},
    "rp3beta": {
        "neighbours": count(20, 800),
        "alpha": Between(0.3, 1.2),
        "beta": Between(0.0, 0.8),
    },
    "ease": {"regularisation": magnitude(10, 3_000)},
    "sparse_ease": {"regularisation": magnitude(3, 1_000), "neighbours": count(50, 400)},
    "gf_cf": {"rank": count(16, 1_000), "low_pass_weight": magnitude(0.01, 3)},
    "bspm": {
        "rank": count(16, 1_000),
        "low_pass_weight": magnitude(0.01, 3),
        "sharpening": Between(0.1, 3.0),
    },
    "ials": {
        "factors": count(32, 256),
        "penalty": magnitude(0.01, 1),
        "unobserved_weight": magnitude(0.003, 0.5),
    },
    "content_ials": {
        "factors": count(32, 256),
        "penalty": magnitude(0.005, 0.5),
        "unobserved_weight": magnitude(0.003, 0.5),
        "lean": magnitude(0.01, 5),
    },
    "category_popularity": {"half_life_days": magnitude(3, 1_000)},
    "ranker": {"each": count(30, 300), "trees": count(40, 300)},
    "implicit_als": {
        "factors": count(32, 256),
        "regularisation": magnitude(0.001, 100),
        "alpha": magnitude(1, 200),
    },
    "session_knn": {
        "neighbours": count(20, 1_000),
        "sessions_per_item": count(50, 5_000),
        "length": count(2, 100),
    },
    "buy_again": {"half_life_days": magnitude(5, 2_000)},
    "tifu_knn": {
        "neighbours": count(10, 900),
        "own_share": Between(0.0, 1.0),
        "within": Between(0.6, 1.0),
        "across": Between(0.4, 1.0),
        "group_size": count(2, 20),
    },
}
"""What is tuned, by recipe; everything else stays at its default."""


@dataclass(frozen=True)
class Trial:
    """One setting and what it reached on the validation split."""

    parameters: Mapping[str, Any]
    ndcg: float


def tuned(
    recipe: str,
    split: Split,
    trials: int,
    *,
    fixed: Mapping[str, Any] | None = None,
    k: int = 20,
    task: Task = "new",
    seed: int = 0,
) -> tuple[Recommender, list[Trial]]:
    """The best of `trials` settings, unfitted, and all that was tried. The defaults are the first.

    `fixed` parameters are the same in all of them.
    `split` must lie within the training data of whatever the model is judged on later.
    """
    tried: list[Trial] = []
    for drawn in settings(recipe, trials, seed):
        parameters = drawn | dict(fixed or {})
        tried.append(Trial(parameters, _reached(recipe, parameters, split, k, task)))
    best = max(tried, key=lambda trial: trial.ndcg).parameters if tried else fixed
    return recommender(recipe, best), tried


def settings(recipe: str, trials: int, seed: int) -> list[dict[str, float | int]]:
    """The defaults, then the others so that of each range every equal part is tried once."""
    rng = np.random.default_rng([seed, *recipe.encode()])
    drawn = max(trials - 1, 0)
    spread = {
        name: (rng.permutation(drawn) + rng.random(drawn)) / max(drawn, 1)
        for name in SPACES[recipe]
    }
    others = [
        {name: space.at(float(spread[name][place])) for name, space in SPACES[recipe].items()}
        for place in range(drawn)
    ]
    return [{}, *others][:trials]


def tuned_blend(
    members: Sequence[Recommender],
    split: Split,
    trials: int,
    *,
    k: int = 20,
    task: Task = "new",
    seed: int = 0,
) -> tuple[Blend, list[Trial]]:
    """Members tuned before, and the best of `trials` ways of weighing them; equally is the first.

    Weights are drawn evenly from all that add up to 1. The members are trained and asked once.
    """
    rng = np.random.default_rng([seed, len(members)])
    even = np.full((1, len(members)), 1 / len(members))
    drawn = rng.dirichlet(np.ones(len(members)), max(trials - 1, 0))
    weightings = np.concatenate((even, drawn)).round(3)
    blends = [Blend(members, weights.tolist()) for weights in weightings]
    if not trials:
        return blends[0], []
    reached = _reached_by_weights(blends[0].fit(split.train), weightings, split, k, task)
    tried = [
        Trial({"weights": blend.parameters()["weights"]}, ndcg)
        for blend, ndcg in zip(blends, reached, strict=True)
    ]
    return blends[int(np.argmax(reached))], tried


def _reached_by_weights(
    blend: Blend, weightings: Float64, split: Split, k: int, task: Task
) -> Float64:
    """`(len(weightings),)`: mean NDCG under each."""
    histories = blend.read(split.known)
    sums = np.zeros(len(weightings))
    for rows in batches(split):
        parts = list(blend.parts(rows_of(histories, rows)))
        truth, exclude = rows_of(split.truth, rows), excluded(split, rows, task)
        for place, weights in enumerate(weightings):
            scores = weighed(weights.tolist(), parts)
            items = rank(scores, k, exclude=exclude, allowed=split.shelf).items
            ndcg = metrics.ndcg(metrics.hits(items, truth), metrics.relevant(truth))
            sums[place] += ndcg.sum()
    return sums / len(split.judged)


def _reached(recipe: str, parameters: Mapping[str, Any], split: Split, k: int, task: Task) -> float:
    model = recommender(recipe, parameters).fit(split.train)
    return float(evaluate(model, split, k=k, task=task).by_shopper[f"ndcg@{k}"].mean())
