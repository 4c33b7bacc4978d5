"""Matrix factorisation of implicit feedback, its regularisation scaled by frequency.

Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008), with the
loss, the scaling (ν) and the tuning advice of Rendle, Krichene, Zhang, Koren, "Revisiting the
Performance of iALS on Item Recommendation Benchmarks" (RecSys 2022),
https://arxiv.org/abs/2110.14037.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import ClassVar

import numpy as np

from models.arrays import AnyArray, Float32, Histories
from models.errors import ParametersInvalid
from models.factor_space import FactorSpace, Ridge
from models.interactions import Interactions
from models.recommender import Recommender


@dataclass
class ALS(Recommender):
    """Every half-step is exact; the shoppers' side is never stored but solved from a history.

    So a shopper who was in training and one who comes tomorrow are answered by the same equation.
    `penalty` is λ (n + α₀ n_items)^ν of a shopper with a history of average length n, as a share of
    that history's weight: unlike λ it keeps its meaning when α₀, the catalogue or histories grow.
    """

    recipe: ClassVar[str] = "ials"
    factors: int = 64
    unobserved_weight: float = 0.1
    penalty: float = 0.1
    exponent: float = 1.0
    iterations: int = 12
    initial_scale: float = 0.1
    seed: int = 0
    items: FactorSpace = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("factors", "unobserved_weight", "penalty", "iterations"):
            if not getattr(self, name) > 0:
                raise ParametersInvalid(f"{name} must be positive, not {getattr(self, name)}.")

    def learn(self, interactions: Interactions) -> None:
        by_shopper = interactions.matrix
        by_item = by_shopper.T.tocsr()
        ridge = self.ridge(by_shopper)
        items = FactorSpace.over(self.initial_factors(interactions.n_items), ridge)
        for _ in range(self.iterations):
            shoppers = FactorSpace.over(items.solve(by_shopper), ridge)
            items = FactorSpace.over(shoppers.solve(by_item), ridge)
        self.items = items

    def ridge(self, by_shopper: Histories) -> Ridge:
        """λ from the penalty of an average shopper."""
        with_history = max(int((np.diff(by_shopper.indptr) > 0).sum()), 1)
        unscaled = Ridge(self.unobserved_weight, 1.0, self.exponent)
        average = unscaled.penalty(by_shopper.nnz / with_history, by_shopper.shape[1])
        wanted = self.penalty * max(float(by_shopper.sum()), 1.0) / with_history
        return replace(unscaled, regularisation=wanted / average)

    def initial_factors(self, n_items: int) -> Float32:
        """`(n_items, factors)` normal draws from the seed."""
        scale = self.initial_scale / np.sqrt(self.factors)
        drawn = np.random.default_rng(self.seed).standard_normal(
            (n_items, self.factors), dtype=np.float32
        )
        return drawn * np.float32(scale)

    def score_histories(self, histories: Histories) -> Float32:
        return self.items.solve(histories) @ self.items.factors.T

    def arrays(self) -> Mapping[str, AnyArray]:
        return {
            "popularity": self.popularity,
            "item_factors": self.items.factors,
            "spectrum": self.items.spectrum,
            "ridge": np.array(astuple(self.items.ridge)),
        }


def loss(histories: Histories, shoppers: Float32, items: Float32, ridge: Ridge) -> float:
    """What training minimises, slowly and densely in float64: for tests and small data."""
    X, V = shoppers.astype(np.float64), items.astype(np.float64)
    weights = histories.toarray().astype(np.float64)
    scores = X @ V.T
    fit = (weights * (1 - scores) ** 2).sum() + ridge.unobserved_weight * (scores**2).sum()
    lengths = weights > 0
    return float(
        fit
        + sum(
            ridge.penalty(int(n), len(V)) * (x @ x) for n, x in zip(lengths.sum(1), X, strict=True)
        )
        + sum(
            ridge.penalty(int(n), len(X)) * (v @ v) for n, v in zip(lengths.sum(0), V, strict=True)
        )
    )
