"""Matrix factorisation of implicit feedback, its regularisation scaled by frequency.

Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008), with the
loss, the scaling (ν) and the tuning advice of Rendle, Krichene, Zhang, Koren, "Revisiting the
Performance of iALS on Item Recommendation Benchmarks" (RecSys 2022),
https://arxiv.org/abs/2110.14037.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from models.arrays import AnyArray, Float32, Histories, Int64
from models.errors import ParametersInvalid
from models.factor_space import FactorSpace, Ridge
from models.interactions import Interactions
from models.irspack_core import CORE
from models.recommender import Recommender
from models.threads import available_threads

STEPS_PER_HALF = 3
"""Of conjugate gradients, each half-step beginning where the last iteration ended."""


@dataclass
class ALS(Recommender):
    """Trained by `irspack`; the shoppers' side is never stored but solved exactly from a history.

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
        ridge = self.ridge(interactions.matrix)
        trainer, solver = self.trainer(interactions.matrix)
        for _ in range(self.iterations):
            trainer.step(solver)
        factors = trainer.item
        first = twins(interactions.matrix)
        others = np.flatnonzero(first != np.arange(len(first)))
        factors[others] = factors[first[others]]
        self.items = FactorSpace.over(factors, ridge)

    def trainer(self, by_shopper: Histories, steps: int = STEPS_PER_HALF) -> tuple[Any, Any]:
        """`irspack`'s trainer and solver; its loss is half of `loss` below."""
        ridge = self.ridge(by_shopper)
        model = (
            CORE.IALSModelConfigBuilder()
            .set_K(self.factors)
            .set_alpha0(ridge.unobserved_weight)
            .set_reg(ridge.regularisation)
            .set_nu(ridge.exponent)
            .set_init_stdev(self.initial_scale)
            .set_random_seed(self.seed)
            .set_loss_type(CORE.LossType.IALSPP)
            .build()
        )
        solver = (
            CORE.IALSSolverConfigBuilder()
            .set_n_threads(available_threads())
            .set_solver_type(CORE.SolverType.CG)
            .set_max_cg_steps(steps)
            .build()
        )
        return CORE.IALSTrainer(model, csr_matrix(by_shopper)), solver

    def ridge(self, by_shopper: Histories) -> Ridge:
        """λ from the penalty of an average shopper."""
        with_history = max(int((np.diff(by_shopper.indptr) > 0).sum()), 1)
        unscaled = Ridge(self.unobserved_weight, 1.0, self.exponent)
        average = unscaled.penalty(by_shopper.nnz / with_history, by_shopper.shape[1])
        wanted = self.penalty * max(float(by_shopper.sum()), 1.0) / with_history
        return replace(unscaled, regularisation=wanted / average)

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
