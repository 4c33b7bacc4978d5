"""Personal frequencies that fade basket by basket, completed by those of similar shoppers.

Hu, He, Gao, Zhang, "Modeling Personalized Item Frequency Information for Next-basket
Recommendation" (SIGIR 2020), https://arxiv.org/abs/2006.00556.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array

from models.arrays import Float32, Histories
from models.baskets import Baskets
from models.errors import ParametersInvalid
from models.interactions import Interactions
from models.recommender import Recommender


@dataclass
class TIFUKNN(Recommender):
    """Baskets fade by `within` inside a group of `group_size`, by `across` from group to group.

    A score is `own_share` of the shopper's own frequencies and the rest of the neighbours' mean.
    """

    recipe: ClassVar[str] = "tifu_knn"
    neighbours: int = 100
    own_share: float = 0.7
    within: float = 0.9
    across: float = 0.7
    group_size: int = 7
    everyone: Histories = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.neighbours < 1 or self.group_size < 1 or not 0 <= self.own_share <= 1:
            raise ParametersInvalid(
                "neighbours and group_size must be at least 1, own_share from 0 to 1."
            )

    def read(self, interactions: Interactions) -> Histories:
        baskets = Baskets.of(interactions)
        group, place = np.divmod(baskets.steps_back, self.group_size)
        n_baskets = np.bincount(baskets.shoppers, minlength=interactions.n_shoppers)
        weights = self.within**place * self.across**group / n_baskets[baskets.shoppers]
        return baskets.by_shopper(weights, interactions.n_shoppers)

    def learn(self, interactions: Interactions) -> None:
        histories = self.read(interactions)
        self.everyone = histories[np.diff(histories.indptr) > 0]

    def score_histories(self, histories: Histories) -> Float32:
        own: Float32 = histories.toarray()
        others: Float32 = (self._nearest(histories) @ self.everyone).toarray()
        return np.float32(self.own_share) * own + np.float32(1 - self.own_share) * others

    def _nearest(self, histories: Histories) -> Histories:
        """`(n, n_known)`: one over the count at each of the nearest in Euclidean distance."""
        n_known = self.everyone.shape[0]
        kept = min(self.neighbours, n_known)
        lengths: Float32 = np.asarray(self.everyone.power(2).sum(axis=1), np.float32)
        nearness = 2 * (histories @ self.everyone.T).toarray() - lengths
        columns = np.argpartition(nearness, n_known - kept, axis=1)[:, n_known - kept :]
        n = histories.shape[0]
        shares = np.full(n * kept, 1 / max(kept, 1), np.float32)
        return csr_array((shares, columns.ravel(), np.arange(n + 1) * kept), shape=(n, n_known))
