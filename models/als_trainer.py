"""Alternating least squares by conjugate gradients in the eigenbasis of the fixed side.

Takács, Pilászy, Tikk, "Applications of the Conjugate Gradient Method for Implicit Feedback
Collaborative Filtering" (RecSys 2011), with one change: before a half-iteration both sides are
rotated so that the Gramian of the fixed one is diagonal. What was not observed then costs K instead
of K² operations a step, most of the work where histories are short, and preconditions for nothing.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numba import njit
from threadpoolctl import threadpool_limits

from models.arrays import Float32, Histories, Integers
from models.factor_space import Ridge, rotate_into_eigenbasis
from models.threads import available_threads

CHUNKS_PER_THREAD = 16
SOLVED = np.float32(1e-20)
"""Squared length, seen through D, of what is left to a row's minimum."""


@dataclass
class Trainer:
    """Factors of both sides, improved an iteration at a time.

    by_shopper, by_item  the weights, `(n_shoppers, n_items)` and its transpose
    shoppers, items  `(n_shoppers, K)` and `(n_items, K)` float32, in one basis that each step turns
    steps  of conjugate gradients each half-iteration, beginning where the last one ended
    """

    by_shopper: Histories
    by_item: Histories
    shoppers: Float32
    items: Float32
    ridge: Ridge
    steps: int

    @classmethod
    def starting(
        cls, by_shopper: Histories, factors: int, scale: float, ridge: Ridge, steps: int, seed: int
    ) -> Self:
        """Items drawn with length about `scale`, shoppers at zero."""
        n_shoppers, n_items = by_shopper.shape
        items = np.random.default_rng(seed).standard_normal((n_items, factors), np.float32)
        items *= np.float32(scale / np.sqrt(factors))
        shoppers = np.zeros((n_shoppers, factors), np.float32)
        return cls(by_shopper, by_shopper.T.tocsr(), shoppers, items, ridge, steps)

    def step(self) -> None:
        """One full iteration: the shoppers against the items, then the items against them."""
        self._improve(self.by_shopper, self.shoppers, self.items)
        self._improve(self.by_item, self.items, self.shoppers)

    def _improve(self, histories: Histories, moving: Float32, fixed: Float32) -> None:
        spectrum = rotate_into_eigenbasis(fixed, moving)
        unobserved = (self.ridge.unobserved_weight * spectrum).astype(np.float32)
        penalties = self.ridge.penalties(np.diff(histories.indptr), len(fixed))

        def work(begin: int, end: int) -> None:
            _descend(
                begin, end, histories.indptr, histories.indices, histories.data, fixed, unobserved,
                penalties, self.steps, moving,
            )  # fmt: skip

        _shared_out(work, histories.indptr)


def _shared_out(work: Callable[[int, int], None], indptr: Integers) -> None:
    """Ranges of rows with about as many events each, among our threads."""
    threads = available_threads()
    shares = np.linspace(0, indptr[-1], CHUNKS_PER_THREAD * threads + 1)
    borders = np.searchsorted(indptr, shares)
    borders[-1] = len(indptr) - 1
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, *zip(*pairwise(borders.tolist()), strict=True)))


@njit(nogil=True, fastmath=True, cache=True, error_model="numpy")
def _descend(begin, end, indptr, indices, weights, fixed, unobserved, penalties, steps, moving):  # type: ignore[no-untyped-def]
    """Rows `begin` to `end` of `moving`, each a few steps nearer to its minimum, in place."""
    K = fixed.shape[1]
    vectors = np.zeros((6, K), np.float32)
    diagonal, inverse, left, nearer, toward, pushed = vectors
    for row in range(begin, end):
        x, first, last = moving[row], indptr[row], indptr[row + 1]
        columns, w = indices[first:last], weights[first:last]
        for k in range(K):
            diagonal[k] = unobserved[k] + penalties[row]
            inverse[k] = np.float32(1) / diagonal[k]
        _pull(np.float32(1), columns, w, fixed, diagonal, x, left)
        size = np.float32(1)
        for step in range(steps):
            for k in range(K):
                nearer[k] = inverse[k] * left[k]
            before, size = size, _dot(left, nearer)
            if size < SOLVED:
                break
            kept = size / before if step else np.float32(0)
            for k in range(K):
                toward[k] = nearer[k] + kept * toward[k]
            _pull(np.float32(0), columns, w, fixed, diagonal, toward, pushed)
            far = -size / _dot(toward, pushed)
            for k in range(K):
                x[k] += far * toward[k]
                left[k] += far * pushed[k]


@njit(inline="always", fastmath=True)
def _pull(wanted, columns, weights, fixed, diagonal, x, out):  # type: ignore[no-untyped-def]
    """`out` = Σ w (wanted - v·x) v - D x: with 1 what is left to a row's minimum, with 0 -A x."""
    K = len(x)
    for k in range(K):
        out[k] = -diagonal[k] * x[k]
    for event in range(len(columns)):
        v = fixed[columns[event]]
        missing = weights[event] * (wanted - _dot(v, x))
        for k in range(K):
            out[k] += missing * v[k]


@njit(inline="always", fastmath=True)
def _dot(one, other):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for k in range(len(one)):
        total += one[k] * other[k]
    return total
