"""Several models heard together: scores made comparable shopper by shopper, then added up.

Each member's scores are centred and scaled to unit variance over the items, the standardised
CombSUM of Fox and Shaw, "Combination of Multiple Searches" (TREC-2, 1994).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.sparse import hstack

from models.arrays import Float32, Histories
from models.errors import ParametersInvalid
from models.interactions import Interactions
from models.recommender import Recommender


@dataclass
class Blend(Recommender):
    """`weights` `(len(members),)` say how loud each member is.

    Members read histories differently, so what a blend reads is theirs side by side,
    `(n_shoppers, len(members) · n_items)`.
    """

    members: Sequence[Recommender]
    weights: Sequence[float]
    fitted: Sequence[Recommender] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.members or len(self.weights) != len(self.members) or min(self.weights) < 0:
            raise ParametersInvalid("A blend needs members, and a weight from 0 for each.")

    @property
    def recipe(self) -> str:  # type: ignore[override]
        """The members' recipes with plus signs between."""
        return "+".join(member.recipe for member in self.members)

    def parameters(self) -> dict[str, Any]:
        """By recipe, the members' own parameters and how loud each is."""
        recipes = [member.recipe for member in self.members]
        return {
            "members": dict(zip(recipes, (m.parameters() for m in self.members), strict=True)),
            "weights": dict(zip(recipes, self.weights, strict=True)),
        }

    def read(self, interactions: Interactions) -> Histories:
        histories: Histories = hstack([m.read(interactions) for m in self.members], format="csr")
        return histories

    def learn(self, interactions: Interactions) -> None:
        # Every subclass is a dataclass; the abstract class itself has no fields to be one.
        self.fitted = [replace(m).fit(interactions) for m in self.members]  # type: ignore[type-var]

    def score_histories(self, histories: Histories) -> Float32:
        return weighed(self.weights, self.parts(histories))

    def parts(self, histories: Histories) -> Iterator[Float32]:
        """What each member says before it is weighed, `(n, n_items)` each."""
        n_items = histories.shape[1] // len(self.fitted)
        for place, member in enumerate(self.fitted):
            own = histories[:, place * n_items : (place + 1) * n_items]
            yield standardised(member.answer(own))


def weighed(weights: Sequence[float], parts: Iterable[Float32]) -> Float32:
    """The weighted sum of the members' scores."""
    scores: Float32 = np.zeros(1, np.float32)
    for weight, part in zip(weights, parts, strict=True):
        scores = scores + np.float32(weight) * part
    return scores


def standardised(scores: Float32) -> Float32:
    """Each row with mean 0 and variance 1; a row that says nothing is zeros."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    scaled: Float32 = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    return scaled
