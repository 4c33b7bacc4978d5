"""Several models asked together, each for its own reading of the same shoppers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from scipy.sparse import hstack

from models.arrays import Float32, Histories
from models.features import ItemFacts
from models.history import CHANNELS, Seen, packed
from models.interactions import Interactions
from models.recommender import Recommender


@dataclass(frozen=True)
class Panel:
    """Models that learned what was known at one moment, and the facts of that moment."""

    models: Sequence[Recommender]
    facts: ItemFacts

    @classmethod
    def of(cls, models: Sequence[Recommender], interactions: Interactions) -> Self:
        """Teach fresh models all that is given; the moment is that of the last event."""
        return cls([model.fit(interactions) for model in models], ItemFacts.of(interactions))

    def hear(self, told: Histories) -> tuple[list[Float32], Seen]:
        """The models' scores, `(n, n_items)` each, for what `read` told; and what was seen."""
        n_items = told.shape[1] // (len(self.models) + CHANNELS)
        columns = [told[:, n_items * at : n_items * (at + 1)] for at in range(len(self.models))]
        scores = [
            model.answer(part.tocsr()) for model, part in zip(self.models, columns, strict=True)
        ]
        return scores, Seen.unpacked(told[:, n_items * len(self.models) :].tocsr())


def read(models: Sequence[Recommender], interactions: Interactions) -> Histories:
    """What each model reads, and at last what was seen, all side by side, a row per shopper."""
    moment = float(interactions.days.max(initial=0.0))
    parts = [model.read(interactions) for model in models]
    told: Histories = hstack([*parts, packed(interactions, moment)], format="csr")
    return told
