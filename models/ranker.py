"""A learned ranker over several sources: taught by what people bought next, at moments of the past.

Two stages as in Covington, Adams, Sargin, "Deep Neural Networks for YouTube Recommendations"
(RecSys 2016): sources find candidates, boosted trees order them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from models.arrays import AnyArray, Float32, Histories
from models.boosting import Booster, Growth, grown
from models.category_popularity import CategoryPopularity
from models.content import ContentALS
from models.errors import ParametersInvalid
from models.forest import Forest
from models.interactions import Interactions
from models.lessons import FEWEST_TAUGHT, Lesson, lessons
from models.ordering import Ordering
from models.panel import Panel, read
from models.recommender import Recommender
from models.rp3beta import RP3Beta
from models.session_knn import SessionKNN

SOURCES: Mapping[str, type[Recommender]] = {
    source.recipe: source for source in (ContentALS, RP3Beta, SessionKNN, CategoryPopularity)
}
"""In this order; the first also orders what is no candidate."""


@dataclass
class Ranker(Recommender):
    """Learns from the `lessons` latest stretches of `horizon_days`.

    `each` is how many candidates a source may name; `sources` are their parameters by recipe.
    Where too few shoppers can teach, the first source orders alone.
    """

    recipe: ClassVar[str] = "ranker"
    each: int = 100
    horizon_days: float = 28.0
    lessons: int = 2
    trees: int = 100
    booster: Booster = "lightgbm"
    sources: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: {recipe: {} for recipe in SOURCES}
    )
    seed: int = 0
    panel: Panel = field(init=False, repr=False)
    ordering: Ordering = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if min(self.each, self.horizon_days, self.lessons, self.trees) <= 0 or not self.sources:
            raise ParametersInvalid("each, horizon_days, lessons and trees must be positive.")
        unknown = set(self.sources) - set(SOURCES)
        if unknown or self.booster not in ("lightgbm", "scikit-learn"):
            raise ParametersInvalid(f"Unknown are {', '.join(unknown) or self.booster}.")

    def read(self, interactions: Interactions) -> Histories:
        """What each source reads and what is seen at the last event, side by side."""
        return read(self.fresh(), interactions)

    def learn(self, interactions: Interactions) -> None:
        forest = self._forest(list(self.taught(interactions)))
        self.panel = Panel.of(self.fresh(), interactions)
        self.popularity = self.panel.models[-1].popularity
        self.ordering = Ordering(self.panel.facts, forest, self.each)

    def score_histories(self, histories: Histories) -> Float32:
        scores, seen = self.panel.hear(histories)
        return self.ordering.scores(self.ordering.drawn(scores, seen, None), scores, seen)

    def arrays(self) -> Mapping[str, AnyArray]:
        learned = {
            f"{model.recipe}.{name}": array
            for model in self.panel.models
            for name, array in model.arrays().items()
        }
        return {"popularity": self.popularity, **learned, **self.ordering.arrays()}

    def taught(self, interactions: Interactions) -> Iterator[Lesson]:
        """The lessons that these interactions give."""
        return lessons(
            self.fresh, interactions, self.lessons, self.horizon_days, self.each, self.seed
        )

    def fresh(self) -> Sequence[Recommender]:
        """The sources, untaught."""
        wanted = [recipe for recipe in SOURCES if recipe in self.sources]
        return [SOURCES[recipe](**self.sources[recipe]) for recipe in wanted]

    def _forest(self, taught: Sequence[Lesson]) -> Forest | None:
        if sum(len(lesson.groups) for lesson in taught) < FEWEST_TAUGHT:
            return None
        told, is_hit, groups = (np.concatenate(part) for part in zip(*taught, strict=True))
        return grown(told, is_hit, groups, self.booster, Growth(self.trees), self.seed)
