"""What sells at present in the categories a shopper goes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array

from models.arrays import AnyArray, Float32, Histories, Int64
from models.interactions import Interactions
from models.popularity import Popularity

TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class CategoryShares:
    """The read side: `shares` `(n_items,)` of recent event weight, `categories` codes from 0."""

    shares: Float32
    categories: Int64

    def scores(self, columns: Int64, weights: Float32) -> Float32:
        """`(n_items,)`: an item's share, weighed by how much of the history is of its category."""
        drawn = np.bincount(self.categories[columns], weights, int(self.categories.max()) + 1)
        drawn = (drawn / max(float(weights.sum()), TINY)).astype(np.float32)
        scores: Float32 = drawn[self.categories] * self.shares
        return scores

    def contributions(self, columns: Int64, weights: Float32, targets: Int64) -> Float32:
        """`(len(targets), len(columns))`: what each event adds to each target's score."""
        is_same = self.categories[targets][:, None] == self.categories[columns][None, :]
        drawn = weights / max(float(weights.sum()), TINY)
        parts: Float32 = is_same * drawn[None, :] * self.shares[targets][:, None]
        return parts.astype(np.float32)


@dataclass
class CategoryPopularity(Popularity):
    """Recent popularity, weighed by each shopper's own categories; without listings, popularity."""

    recipe: ClassVar[str] = "category_popularity"
    categories: Int64 = field(init=False, repr=False)

    def learn(self, interactions: Interactions) -> None:
        super().learn(interactions)
        listings = interactions.listings
        none = np.zeros(interactions.n_items, np.int64)
        self.categories = none if listings is None else listings.categories

    def score_histories(self, histories: Histories) -> Float32:
        n_items = len(self.categories)
        shape = (n_items, int(self.categories.max(initial=0)) + 1)
        member = csr_array(
            (np.ones(n_items, np.float32), (np.arange(n_items), self.categories)), shape=shape
        )
        drawn = (histories @ member).toarray()
        drawn /= np.maximum(drawn.sum(axis=1, keepdims=True), TINY)
        scores: Float32 = drawn[:, self.categories] * self.shares
        return scores

    def arrays(self) -> Mapping[str, AnyArray]:
        return {**super().arrays(), "categories": self.categories}
