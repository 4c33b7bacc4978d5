"""What every model that ranks products for shoppers can do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np

from models.arrays import AnyArray, Float32, Histories, Integers, Mask, rows_of
from models.interactions import Interactions
from models.topk import Ranking, rank


class Recommender(ABC):
    """Learns from interactions and scores every item for any shopper.

    A subclass is a dataclass: init fields are its parameters, `init=False` fields what it learned.
    """

    recipe: ClassVar[str]
    histories: Histories
    popularity: Float32

    def fit(self, interactions: Interactions) -> Self:
        """Learn. Shoppers without history will be answered with what is popular.

        An interrupted training leaves the model as it was.
        """
        learning = copy(self)
        learning.histories = self.read(interactions)
        learning.popularity = event_share(interactions)
        learning.learn(interactions)
        vars(self).update(vars(learning))
        return self

    def read(self, interactions: Interactions) -> Histories:
        """`(n_shoppers, n_items)`: every shopper's history, weighted as this model wants it."""
        return interactions.matrix

    @abstractmethod
    def learn(self, interactions: Interactions) -> None:
        """Derive from the interactions whatever `score_histories` needs."""

    @abstractmethod
    def score_histories(self, histories: Histories) -> Float32:
        """`(n, n_items)` float32 for `n` histories, also of shoppers never seen in training."""

    def arrays(self) -> Mapping[str, AnyArray]:
        """What was learned, to be stored in an artifact; {} where the recipe cannot be served."""
        return {}

    def score(self, shopper_rows: Integers) -> Float32:
        """`(len(shopper_rows), n_items)` float32. Row -1 is a shopper nobody knows."""
        return self.answer(rows_of(self.histories, shopper_rows))

    def answer(self, histories: Histories) -> Float32:
        """`(n, n_items)` float32: as `score_histories`, with popularity for empty histories."""
        scores = self.score_histories(histories)
        scores[np.diff(histories.indptr) == 0] = self.popularity
        return scores

    def recommend(
        self,
        shopper_rows: Integers,
        k: int,
        *,
        exclude: Histories | None = None,
        allowed: Mask | None = None,
        ties: Float32 | None = None,
    ) -> Ranking:
        """The `k` best items of each shopper; the options are those of `rank`, by asked shopper."""
        return rank(self.score(shopper_rows), k, exclude=exclude, allowed=allowed, ties=ties)

    def parameters(self) -> dict[str, Any]:
        """The init fields: enough, with the recipe's name, to train the same again."""
        # Every subclass is a dataclass; the abstract class itself has no fields to be one.
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}  # type: ignore[arg-type]


def event_share(interactions: Interactions) -> Float32:
    """`(n_items,)`: each item's share of all event weight."""
    weight = np.bincount(
        interactions.columns, interactions.weights.astype(np.float64), interactions.n_items
    )
    shares: Float32 = (weight / max(weight.sum(), 1.0)).astype(np.float32)
    return shares
