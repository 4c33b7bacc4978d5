"""The least-squares problem each shopper (or item) solves against the fixed other side.

With fixed factors V `(n, K)`, a history of weights w over some of its rows, and target 1:

    minimise  Σ_observed w (1 - x·v)²  +  α₀ Σ_all (x·v)²  +  λ (|history| + α₀ n)^ν |x|²

so (Vᵀ W V + D) x = Vᵀ w. Everything lives in the eigenbasis of VᵀV, where D is diagonal; a history
shorter than K is then solved exactly in the small dual system (W⁻¹ + V D⁻¹ Vᵀ) a = 1, x = D⁻¹ Vᵀ a.
Scores do not change under rotation, so nothing is ever rotated back.

Loss and ν: Rendle, Krichene, Zhang, Koren, "Revisiting the Performance of iALS" (RecSys 2022),
https://arxiv.org/abs/2110.14037. Explanations: Hu, Koren, Volinsky (ICDM 2008), section 5.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import numpy as np
from threadpoolctl import threadpool_limits

from models.arrays import Float32, Float64, Histories, Int64, Integers
from models.threads import available_threads

CHUNK_FLOATS = 1 << 22
ROWS_AT_ONCE = 1 << 15


@dataclass(frozen=True)
class Ridge:
    """The weight of what was not observed (α₀) and of the factors' length (λ, ν)."""

    unobserved_weight: float
    regularisation: float
    exponent: float

    def penalty(self, history_length: float, n_fixed: int) -> float:
        """λ (|history| + α₀ n)^ν."""
        return self.regularisation * float(
            (history_length + self.unobserved_weight * n_fixed) ** self.exponent
        )

    def penalties(self, history_lengths: Integers, n_fixed: int) -> Float32:
        """`(len(history_lengths),)`: the same of many."""
        scaled = (history_lengths + self.unobserved_weight * n_fixed) ** self.exponent
        return (self.regularisation * scaled).astype(np.float32)


@dataclass(frozen=True)
class FactorSpace:
    """`factors` `(n, K)` float32 in the eigenbasis of their Gramian; its eigenvalues, `(K,)`."""

    factors: Float32
    spectrum: Float64
    ridge: Ridge

    @classmethod
    def over(cls, factors: Float32, ridge: Ridge) -> Self:
        """A copy of any factors, rotated into the eigenbasis of their Gramian."""
        rotated = factors.copy()
        return cls(rotated, rotate_into_eigenbasis(rotated), ridge)

    def solve(self, histories: Histories) -> Float32:
        """`(len(histories), K)`: the exact minimiser of each row; an empty history gives zeros."""
        solved = np.zeros((histories.shape[0], self.factors.shape[1]), np.float32)

        def work(rows: Int64) -> None:
            solved[rows] = self._solve_equally_long(histories, rows)

        # The rows' systems are small: one BLAS thread each, and the rows shared out among our own.
        with threadpool_limits(1), ThreadPoolExecutor(available_threads()) as pool:
            list(pool.map(work, _equally_long(histories, self.factors.shape[1])))
        return solved

    def fold_in(self, columns: Int64, weights: Float32) -> Float32:
        """`(K,)`: as `solve` for one history, without threads: quick enough for a request."""
        D = self._diagonal(len(columns))
        solve = _solve_dual if len(columns) < len(D) else _solve_primal
        solved: Float32 = solve(self.factors[columns][None], weights[None], D)[0]
        return solved

    def scores(self, columns: Int64, weights: Float32) -> Float32:
        """`(n,)`: the score of every fixed row for one history."""
        scored: Float32 = self.factors @ self.fold_in(columns, weights)
        return scored

    def contributions(self, columns: Int64, weights: Float32, targets: Int64) -> Float32:
        """`(len(targets), len(columns))`: what each event of a history adds to each target's score.

        A row's sum is that score, exactly.
        """
        V = self.factors[columns]
        D = self._diagonal(len(columns))
        wanted = self.factors[targets]
        if len(columns) < V.shape[1]:
            scaled = V / D
            small = V @ scaled.T
            small[np.diag_indices_from(small)] += 1 / weights
            shares: Float32 = np.linalg.solve(small, scaled @ wanted.T).T
            return shares
        weighted = V * weights[:, None]
        A = V.T @ weighted + np.diag(D)
        influence: Float32 = np.linalg.solve(A, wanted.T).T @ weighted.T
        return influence

    def _diagonal(self, history_length: int) -> Float32:
        penalty = self.ridge.penalty(history_length, len(self.factors))
        return (self.ridge.unobserved_weight * self.spectrum + penalty).astype(np.float32)

    def _solve_equally_long(self, histories: Histories, rows: Int64) -> Float32:
        length = int(histories.indptr[rows[0] + 1] - histories.indptr[rows[0]])
        where = histories.indptr[rows][:, None] + np.arange(length)
        V = self.factors[histories.indices[where]]
        D = self._diagonal(length)
        solve = _solve_dual if length < len(D) else _solve_primal
        return solve(V, histories.data[where], D)


def rotate_into_eigenbasis(factors: Float32, *others: Float32) -> Float64:
    """`(K,)`: the spectrum of the factors' Gramian; they and the `others` are turned in place."""
    gramian = np.zeros((factors.shape[1], factors.shape[1]))
    for block in _blocks(factors):
        gramian += block.T @ block
    spectrum, rotation = np.linalg.eigh(gramian)
    for side in (factors, *others):
        for block in _blocks(side):
            block[:] = block @ rotation.astype(np.float32)
    positive: Float64 = np.maximum(spectrum, 0.0)
    return positive


def _blocks(factors: Float32) -> Iterator[Float32]:
    return (factors[begin : begin + ROWS_AT_ONCE] for begin in range(0, len(factors), ROWS_AT_ONCE))


def _solve_dual(V: Float32, weights: Float32, D: Float32) -> Float32:
    root = np.sqrt(D)
    Z = V / root
    small = Z @ Z.transpose(0, 2, 1)
    diagonal = np.arange(Z.shape[1])
    small[:, diagonal, diagonal] += 1 / weights
    a = np.linalg.solve(small, np.ones((*weights.shape, 1), np.float32))
    solved = (a.transpose(0, 2, 1) @ Z)[:, 0] / root
    return solved.astype(np.float32, copy=False)


def _solve_primal(V: Float32, weights: Float32, D: Float32) -> Float32:
    weighted = (V * weights[:, :, None]).transpose(0, 2, 1)
    A = weighted @ V + np.diag(D)
    solved = np.linalg.solve(A, weighted.sum(axis=2, keepdims=True))
    return solved[:, :, 0].astype(np.float32, copy=False)


def _equally_long(histories: Histories, width: int) -> Iterator[Int64]:
    """Rows in chunks of the same history length, each chunk's gathered factors within bounds."""
    lengths = np.diff(histories.indptr)
    order = np.argsort(lengths, kind="stable")
    borders = np.flatnonzero(np.diff(lengths[order])) + 1
    for group in np.split(order, borders):
        length = int(lengths[group[0]]) if len(group) else 0
        if length:
            size = max(1, CHUNK_FLOATS // (max(length, width) * width))
            yield from (group[begin : begin + size] for begin in range(0, len(group), size))
