"""Item neighbourhoods by shrunk cosine.

Sarwar, Karypis, Konstan, Riedl, "Item-based Collaborative Filtering Recommendation Algorithms"
(WWW 2001); shrinkage after Bell and Koren (ICDM 2007).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.arrays import Histories
from models.errors import ParametersInvalid
from models.item_to_item import ItemToItem, blocks, stacked, strongest, without_self


@dataclass
class ItemKNN(ItemToItem):
    """Two items are alike by shared shoppers / (root of both counts' product + shrinkage)."""

    recipe: ClassVar[str] = "item_knn"
    neighbours: int = 100
    shrinkage: float = 10.0

    def __post_init__(self) -> None:
        if self.neighbours < 1 or self.shrinkage < 0:
            raise ParametersInvalid("neighbours must be at least 1 and shrinkage not negative.")

    def relate(self, bought: Histories) -> Histories:
        by_item = bought.T.tocsr()
        root = np.sqrt(np.diff(by_item.indptr), dtype=np.float32)
        parts = []
        for rows in blocks(len(root)):
            shared = without_self(by_item[rows] @ bought, rows)
            lengths = np.diff(shared.indptr)
            shared.data /= np.repeat(root[rows], lengths) * root[shared.indices] + self.shrinkage
            parts.append(strongest(shared, self.neighbours))
        # Each item keeps the neighbours that vote for it, so the votes run from column to row.
        return stacked(parts).T.tocsr()
