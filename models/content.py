"""Factors for listings that nobody, or hardly anybody, has touched: from what is written of them.

A linear map from content to the factors that others earned, as Gantner, Drumond, Freudenthaler,
Rendle, Schmidt-Thieme, "Learning Attribute-to-Feature Mappings for Cold-Start Recommendations"
(ICDM 2010); the more shoppers a listing had, the less its text counts.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array

from models.als import ALS
from models.arrays import Float32, Histories
from models.errors import ParametersInvalid
from models.factor_space import FactorSpace
from models.interactions import Interactions

STEPS = 30
ENOUGH = 1e-3  # of the residual at the start


@dataclass
class ContentALS(ALS):
    """iALS whose items lean on their content; without listings it is iALS.

    An item with n shoppers keeps n / (n + `lean`) of its own factors and takes the rest from its
    content, so that listings with the same single event no longer tie.
    """

    recipe: ClassVar[str] = "content_ials"
    lean: float = 0.1
    content_regularisation: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("lean", "content_regularisation"):
            if not getattr(self, name) > 0:
                raise ParametersInvalid(f"{name} must be positive, not {getattr(self, name)}.")

    def learn(self, interactions: Interactions) -> None:
        super().learn(interactions)
        if interactions.listings is None:
            return
        content = used(interactions.listings.content)
        shoppers = np.bincount(interactions.matrix.indices, minlength=interactions.n_items)
        own = (shoppers / (shoppers + self.lean)).astype(np.float32)[:, None]
        earned = self.items.factors
        written = content @ mapped(content, earned, own[:, 0], self.content_regularisation)
        is_described = (np.diff(content.indptr) > 0)[:, None]
        leaning = np.where(is_described, own * earned + (1 - own) * written, earned)
        self.items = FactorSpace.over(leaning.astype(np.float32), self.items.ridge)


def used(content: Histories) -> Histories:
    """The same without the columns that nothing fell into: most, where words are hashed."""
    columns, at = np.unique(content.indices, return_inverse=True)
    shape = (content.shape[0], len(columns))
    kept: Histories = csr_array((content.data, at, content.indptr), shape=shape)
    return kept


def mapped(content: Histories, factors: Float32, trust: Float32, regularisation: float) -> Float32:
    """`(n_columns, K)`: W that minimises Σ trust |content · W - factors|² + regularisation |W|².

    `content` `(n, n_columns)`, `factors` `(n, K)`, `trust` `(n,)`. By conjugate gradients, all K
    systems at once, which never form the square of the columns.
    """
    transposed = content.T.tocsr()
    W = np.zeros((content.shape[1], factors.shape[1]), np.float32)
    residual: Float32 = transposed @ (trust[:, None] * factors)
    direction = residual.copy()
    squared = (residual**2).sum(axis=0)
    wanted = squared * ENOUGH**2
    for _ in range(STEPS):
        if (squared <= wanted).all():
            break
        image = transposed @ (trust[:, None] * (content @ direction)) + regularisation * direction
        step = squared / np.maximum((direction * image).sum(axis=0), np.finfo(np.float32).tiny)
        W += step * direction
        residual -= step * image
        before, squared = squared, (residual**2).sum(axis=0)
        direction = residual + direction * (squared / np.maximum(before, np.finfo(np.float32).tiny))
    return W
