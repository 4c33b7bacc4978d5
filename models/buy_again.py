"""What a shopper buys often they buy again: personal frequency, then everyone's (GP-TopFreq).

The baseline that Hu, He, Gao, Zhang, "Modeling Personalized Item Frequency Information for
Next-basket Recommendation" (SIGIR 2020), https://arxiv.org/abs/2006.00556, found hard to beat.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.arrays import Float32, Histories
from models.baskets import Baskets
from models.errors import ParametersInvalid
from models.interactions import Interactions
from models.recommender import Recommender

BELOW_ANY_PURCHASE = 1e-6


@dataclass
class BuyAgain(Recommender):
    """In how many baskets, each counting half for every `half_life_days` of age."""

    recipe: ClassVar[str] = "buy_again"
    half_life_days: float = 180.0

    def __post_init__(self) -> None:
        if not self.half_life_days > 0:
            raise ParametersInvalid(f"half_life_days must be positive, not {self.half_life_days}.")

    def read(self, interactions: Interactions) -> Histories:
        baskets = Baskets.of(interactions)
        age = baskets.days.max(initial=-np.inf) - baskets.days
        return baskets.by_shopper(np.exp2(-age / self.half_life_days), interactions.n_shoppers)

    def learn(self, interactions: Interactions) -> None:
        """Nothing: the histories are the model."""

    def score_histories(self, histories: Histories) -> Float32:
        scores: Float32 = histories.toarray()
        return scores + np.float32(BELOW_ANY_PURCHASE) * self.popularity
