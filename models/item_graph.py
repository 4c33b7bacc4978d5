"""The shopper-item graph, normalised by degree, and the two ways of smoothing over it.

With R the binary matrix and R̃ = D_u^-½ R D_i^-½, items are alike by P = R̃ᵀR̃ `(n_items, n_items)`,
which is never formed.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array, diags_array

from models.arrays import Float32, Histories
from models.shares import shared_out

POWER_ITERATIONS = 5


@dataclass(frozen=True)
class ItemGraph:
    """`edges` is R̃ᵀ `(n_items, n_shoppers)`; `smooth` `(n_items, rank)` its smoothest signals."""

    edges: Histories
    shoppers: Histories
    scale: Float32
    smooth: Float32

    @classmethod
    def of(cls, histories: Histories, rank: int, seed: int) -> Self:
        """Normalise the matrix and find the `rank` leading singular vectors of its items' side."""
        from sklearn.utils.extmath import randomized_svd  # every command would wait for it

        binary = (histories > 0).astype(np.float32)
        of_shopper, scale = _inverse_root(binary, 1), _inverse_root(binary, 0)
        normalised = csr_array(diags_array(of_shopper) @ binary @ diags_array(scale))
        rank = min(rank, min(normalised.shape))
        _, _, vectors = randomized_svd(normalised, rank, n_iter=POWER_ITERATIONS, random_state=seed)
        smooth = np.ascontiguousarray(vectors.T, np.float32)
        return cls(normalised.T.tocsr(), normalised, scale, smooth)

    def blur(self, signals: Float32) -> Float32:
        """P s for every column of `signals` `(n_items, n)`: one step over the graph and back."""
        return shared_out(lambda part: self.edges @ (self.shoppers @ part), signals)

    def low_pass(self, signals: Float32) -> Float32:
        """Only the smoothest part of the columns of `signals` `(n_items, n)`, weighed by degree."""
        inverse = np.divide(1, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        passed: Float32 = self.smooth @ (self.smooth.T @ (signals * self.scale[:, None]))
        return passed * inverse[:, None]


def _inverse_root(binary: Histories, axis: int) -> Float32:
    degrees = np.asarray(binary.sum(axis=axis), np.float32)
    return np.where(degrees > 0, np.maximum(degrees, 1) ** -0.5, 0).astype(np.float32)
