"""`implicit`'s alternating least squares, as the reference twin of ours and a candidate of its own.

https://github.com/benfred/implicit (MIT). It cannot scale the regularisation by frequency.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.arrays import Float32, Histories
from models.interactions import Interactions
from models.recommender import Recommender
from models.threads import available_threads


@dataclass
class ImplicitALS(Recommender):
    """Trained by the library; exclusion and truncation are ours, the library's are faulty."""

    recipe: ClassVar[str] = "implicit_als"
    factors: int = 64
    regularisation: float = 0.01
    alpha: float = 20.0
    iterations: int = 12
    seed: int = 0
    model: Any = field(init=False, repr=False)

    def learn(self, interactions: Interactions) -> None:
        with threadpool_limits(1, "blas"):
            self.model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularisation,
                alpha=self.alpha,
                iterations=self.iterations,
                num_threads=available_threads(),
                random_state=self.seed,
            )
            self.model.fit(csr_matrix(interactions.matrix), show_progress=False)

    def score_histories(self, histories: Histories) -> Float32:
        with threadpool_limits(1, "blas"):
            n = histories.shape[0]
            shoppers = self.model.recalculate_user(np.arange(n), csr_matrix(histories))
        scores: Float32 = np.atleast_2d(shoppers) @ self.model.item_factors.T
        return scores
