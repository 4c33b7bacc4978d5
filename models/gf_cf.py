"""Collaborative filtering as a fixed low-pass filter over the item graph: nothing is trained.

Shen, Wu, Zhang, Shan, Zhang, Letaief, Li, "How Powerful is Graph Convolution for Recommendation?"
(CIKM 2021), https://arxiv.org/abs/2108.07567.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from models.arrays import Float32, Histories
from models.interactions import Interactions
from models.item_graph import ItemGraph
from models.recommender import Recommender


@dataclass
class GFCF(Recommender):
    """A linear filter plus the ideal low pass: s P + weight * s L."""

    recipe: ClassVar[str] = "gf_cf"
    rank: int = 256
    low_pass_weight: float = 0.3
    seed: int = 0
    graph: ItemGraph = field(init=False, repr=False)

    def learn(self, interactions: Interactions) -> None:
        self.graph = ItemGraph.of(interactions.matrix, self.rank, self.seed)

    def score_histories(self, histories: Histories) -> Float32:
        signals = (histories.T > 0).astype(np.float32).toarray()
        smooth = self.graph.low_pass(signals)
        smooth *= self.low_pass_weight
        smooth += self.graph.blur(signals)
        return smooth.T
