"""Popularity that fades: the answer for an unknown shopper, and the floor for every model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from models.arrays import AnyArray, Float32, Histories
from models.errors import ParametersInvalid
from models.interactions import Interactions
from models.recommender import Recommender


def decayed_popularity(interactions: Interactions, half_life_days: float) -> Float32:
    """`(n_items,)` shares of event weight; each `half_life_days` of age halves an event."""
    if not half_life_days > 0:
        raise ParametersInvalid(f"half_life_days must be positive, not {half_life_days}.")
    if not interactions.n_events:
        return np.zeros(interactions.n_items, np.float32)
    age = interactions.days.max() - interactions.days
    weight = interactions.weights * np.exp2(-age / half_life_days)
    total = np.bincount(interactions.columns, weight, interactions.n_items)
    shares: Float32 = (total / max(total.sum(), np.finfo(np.float64).tiny)).astype(np.float32)
    return shares


@dataclass
class Popularity(Recommender):
    """The same ranking for everyone, by recent event weight."""

    recipe: ClassVar[str] = "popularity"
    half_life_days: float = 14.0
    shares: Float32 = field(init=False, repr=False)

    def learn(self, interactions: Interactions) -> None:
        self.shares = self.popularity = decayed_popularity(interactions, self.half_life_days)

    def score_histories(self, histories: Histories) -> Float32:
        return np.tile(self.shares, (histories.shape[0], 1))

    def arrays(self) -> Mapping[str, AnyArray]:
        return {"popularity": self.shares}
