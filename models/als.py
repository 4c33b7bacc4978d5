"""Matrix factorisation of implicit feedback, its regularisation scaled by frequency.

Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008), with the
loss, the scaling (ν) and the tuning advice of Rendle, Krichene, Zhang, Koren, "Revisiting the
Performance of iALS on Item Recommendation Benchmarks" (RecSys 2022),
https://arxiv.org/abs/2110.14037.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from models.arrays import AnyArray, Float32, Histories, Int64
from models.errors import ParametersInvalid
from models.factor_space import FactorSpace, Ridge
from models.interactions import Interactions
from models.recommender import Recommender

if TYPE_CHECKING:
    from models.als_trainer import Trainer

STEPS_PER_HALF = 3
"""Of conjugate gradients, each half-step beginning where the last iteration ended."""


@dataclass
class ALS(Recommender):
    """The shoppers' side is never stored but solved exactly from a history.

    So a shopper who was in training and one who comes tomorrow are answered by the same equation.
    `penalty` is λ (n + α₀ n_items)^ν of a shopper with a history of median length n, as a share of
    that history's weight: unlike λ it keeps its meaning when α₀, the catalogue or histories grow.
    """

    recipe: ClassVar[str] = "ials"
    factors: int = 64
    unobserved_weight: float = 0.1
    penalty: float = 0.15
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
        trainer = self.trainer(interactions.matrix)
        for _ in range(self.iterations):
            trainer.step()
        factors = trainer.items
        first = twins(interactions.matrix)
        others = np.flatnonzero(first != np.arange(len(first)))
        factors[others] = factors[first[others]]
        self.items = FactorSpace.over(factors, trainer.ridge)

    def trainer(self, by_shopper: Histories) -> "Trainer":
        """Both sides before the first iteration."""
        # Numba's import and its compiler take seconds that only who trains should wait.
        from models.als_trainer import Trainer

        ridge = self.ridge(by_shopper)
        return Trainer.starting(
            by_shopper, self.factors, self.initial_scale, ridge, STEPS_PER_HALF, self.seed
        )

    def ridge(self, by_shopper: Histories) -> Ridge:
        """λ from the penalty of a median shopper: one that buys for all others moves no median."""
        lengths = np.diff(by_shopper.indptr)
        has_history = lengths > 0
        unscaled = Ridge(self.unobserved_weight, 1.0, self.exponent)
        if not has_history.any():
            return unscaled
        length = float(np.median(lengths[has_history]))
        weight = float(np.median(by_shopper.sum(axis=1)[has_history]))
        median = unscaled.penalty(length, by_shopper.shape[1])
        return replace(unscaled, regularisation=self.penalty * weight / median)

    def score_histories(self, histories: Histories) -> Float32:
        return self.items.solve(histories) @ self.items.factors.T

    def arrays(self) -> Mapping[str, AnyArray]:
        return {
            "popularity": self.popularity,
            "item_factors": self.items.factors,
            "spectrum": self.items.spectrum,
            "ridge": np.array(astuple(self.items.ridge)),
        }


def twins(by_shopper: Histories) -> Int64:
    """`(n_items,)`: for each item the first that has the same single event, else itself.

    The same equation gives such listings the same factors; where each got its own random start they
    would differ by what is left of it, and content could no longer break their tie.
    """
    by_item = by_shopper.T.tocsr()
    alone = np.flatnonzero(np.diff(by_item.indptr) == 1)
    where = by_item.indptr[alone]
    events = np.stack((by_item.indices[where], by_item.data[where]))
    _, first, group = np.unique(events, axis=1, return_index=True, return_inverse=True)
    same = np.arange(by_item.shape[0])
    same[alone] = alone[first[group]]
    return same


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
