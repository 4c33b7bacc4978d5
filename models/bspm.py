"""Blurring and sharpening over the item graph: a diffusion, then part of the way back.

Choi, Hong, Park, Cho, "Blurring-Sharpening Process Models for Collaborative Filtering"
(SIGIR 2023), https://arxiv.org/abs/2211.09324.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from models.arrays import Float32, Histories
from models.interactions import Interactions
from models.item_graph import ItemGraph
from models.recommender import Recommender

ORDER = 4


@dataclass
class BSPM(Recommender):
    """Blurred by s (P + weight * L), then sharpened by ds/dt = -s P over `sharpening` in one step.

    The step is Runge and Kutta's of fourth order: the exponential's series cut after four terms.
    """

    recipe: ClassVar[str] = "bspm"
    rank: int = 448
    low_pass_weight: float = 0.2
    sharpening: float = 2.5
    seed: int = 0
    graph: ItemGraph = field(init=False, repr=False)

    def learn(self, interactions: Interactions) -> None:
        self.graph = ItemGraph.of(interactions.matrix, self.rank, self.seed)

    def score_histories(self, histories: Histories) -> Float32:
        signals = (histories.T > 0).astype(np.float32).toarray()
        blurred = self.graph.low_pass(signals)
        blurred *= self.low_pass_weight
        blurred += self.graph.blur(signals)
        return self._sharpened(blurred).T

    def _sharpened(self, signals: Float32) -> Float32:
        term, total = signals, signals.copy()
        for order in range(1, ORDER + 1):
            term = self.graph.blur(term)
            term *= -self.sharpening / order
            total += term
        return total
