"""The closed-form linear autoencoder, dense: for the head of the catalogue.

Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019), https://arxiv.org/abs/1905.03375.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy.linalg.lapack import spotrf, spotri
from threadpoolctl import threadpool_limits

from models.arrays import Float32, Histories, Int64
from models.errors import ParametersInvalid
from models.interactions import Interactions
from models.recommender import Recommender
from models.threads import available_threads

HEAD_AT_MOST = 45_000
"""Four bytes per pair of items: 8.1 GB at this bound. Beyond it use `sparse_ease`."""
ROWS_AT_ONCE = 1_024
INVERTED_AT_ONCE = 8_192
"""LAPACK's share. OpenBLAS 0.3.30 with two threads writes beyond its buffer at 29,858."""


@dataclass
class EASE(Recommender):
    """B minimises |X - XB|² + λ|B|² with a zero diagonal, over the `head` most popular items.

    Items beyond the head score zero.
    """

    recipe: ClassVar[str] = "ease"
    regularisation: float = 200.0
    head: int = 20_000
    items: Int64 = field(init=False, repr=False)
    weights: Float32 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not (self.regularisation > 0 and 0 < self.head <= HEAD_AT_MOST):
            raise ParametersInvalid(
                f"regularisation must be positive, head from 1 to {HEAD_AT_MOST}."
            )

    def learn(self, interactions: Interactions) -> None:
        bought = (interactions.matrix > 0).astype(np.float32)
        counts = np.bincount(bought.indices, minlength=bought.shape[1])
        self.items = np.sort(np.argsort(-counts, kind="stable")[: self.head])
        with threadpool_limits(available_threads(), "blas"):
            self.weights = solved(bought[:, self.items], self.regularisation)

    def score_histories(self, histories: Histories) -> Float32:
        scores = np.zeros(histories.shape, np.float32)
        known = (histories[:, self.items] > 0).astype(np.float32)
        scores[:, self.items] = known @ self.weights
        return scores


def solved(bought: Histories, regularisation: float) -> Float32:
    """`(n_items, n_items)`: B = I - P / diag(P), P the inverse of the Gramian plus λ."""
    n_shoppers, n_items = bought.shape
    inverse = _through_shoppers if n_shoppers < n_items else _through_items
    weights = inverse(bought, regularisation)
    weights /= -np.diag(weights).copy()
    np.fill_diagonal(weights, 0)
    return weights


def _through_items(bought: Histories, regularisation: float) -> Float32:
    """P = (XᵀX + λ)⁻¹."""
    return _inverse((bought.T @ bought).toarray(), regularisation)


def _through_shoppers(bought: Histories, regularisation: float) -> Float32:
    """P = (I - Xᵀ (XXᵀ + λ)⁻¹ X) / λ, the cubic step in as many rows as there are shoppers.

    Woodbury's identity. What is left is sparse times dense, a block of items at once.
    """
    between = _inverse((bought @ bought.T).toarray(), regularisation)
    by_item = bought.T.tocsr()
    n_items = by_item.shape[0]
    inverse = np.empty((n_items, n_items), np.float32)
    for begin in range(0, n_items, ROWS_AT_ONCE):
        rows = slice(begin, begin + ROWS_AT_ONCE)
        explained = by_item @ np.ascontiguousarray((by_item[rows] @ between).T)
        inverse[rows] = -explained.T / regularisation
    inverse[np.diag_indices_from(inverse)] += 1 / regularisation
    return inverse


def _inverse(gram: Float32, regularisation: float) -> Float32:
    """Of a symmetric matrix plus λ, in place."""
    gram[np.diag_indices_from(gram)] += regularisation
    if not _inverted(gram):
        raise ParametersInvalid(f"regularisation {regularisation} leaves the Gramian singular.")
    return gram


def _inverted(square: Float32) -> bool:
    """Turns a symmetric matrix into its inverse, by quarters; False where it has none."""
    n = len(square)
    if n <= INVERTED_AT_ONCE:
        return _inverted_at_once(square)
    half = n // 2
    head, across, tail = square[:half, :half], square[half:, :half], square[half:, half:]
    if not _inverted(head):
        return False
    shared = across @ head
    tail -= shared @ across.T
    if not _inverted(tail):
        return False
    across[:] = tail @ shared
    head += shared.T @ across
    np.negative(across, out=across)
    square[:half, half:] = across.T
    return True


def _inverted_at_once(square: Float32) -> bool:
    factor, failed = spotrf(square, lower=1)
    inverse, singular = spotri(factor, lower=1, overwrite_c=1)
    # Seen by rows, LAPACK's lower triangle of columns is the upper one.
    square[:] = inverse.T
    _mirror_upper(square)
    return not (failed or singular)


def _mirror_upper(square: Float32) -> None:
    n = len(square)
    for begin in range(0, n, ROWS_AT_ONCE):
        end = min(begin + ROWS_AT_ONCE, n)
        corner = square[begin:end, begin:end]
        corner[:] = np.triu(corner) + np.triu(corner, 1).T
        square[end:, begin:end] = square[begin:end, end:].T
