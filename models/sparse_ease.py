"""EASE where a dense inverse cannot go: each item regressed on its nearest neighbours alone.

Ning and Karypis, "SLIM" (ICDM 2011), chooses the neighbours so; Steck, "Markov Random Fields for
Collaborative Filtering" (NeurIPS 2019), https://arxiv.org/abs/1910.09645, ties them to EASE.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from models.arrays import Float32, Histories, Integers
from models.errors import ParametersInvalid
from models.item_knn import ItemKNN
from models.item_to_item import ItemToItem
from models.threads import available_threads


@dataclass
class SparseEASE(ItemToItem):
    """Column j holds the ridge regression of item j on the `neighbours` items most like it."""

    recipe: ClassVar[str] = "sparse_ease"
    regularisation: float = 100.0
    neighbours: int = 200
    shrinkage: float = 0.0

    def __post_init__(self) -> None:
        if not (self.regularisation > 0 and self.neighbours > 0):
            raise ParametersInvalid("regularisation and neighbours must be positive.")

    def relate(self, bought: Histories) -> Histories:
        near = ItemKNN(self.neighbours, self.shrinkage).relate(bought).T.tocsr()
        by_item = bought.T.tocsr()

        def regressed(item: int) -> Float32:
            return self._regressed(
                by_item, item, near.indices[near.indptr[item] :][: lengths[item]]
            )

        lengths = np.diff(near.indptr)
        # Each system is small: one BLAS thread, and the items shared out among our own.
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(available_threads()) as pool:
            columns = list(pool.map(regressed, range(len(lengths))))
        data = np.concatenate(columns) if columns else np.zeros(0, np.float32)
        related: Histories = csr_array((data, near.indices, near.indptr), shape=near.shape)
        return related.T.tocsr()

    def _regressed(self, by_item: Histories, item: int, others: Integers) -> Float32:
        if not len(others):
            return np.zeros(0, np.float32)
        chosen = by_item[np.append(others, item)]
        gram = (chosen @ chosen.T).toarray()
        gram[np.diag_indices_from(gram)] += self.regularisation
        return np.linalg.solve(gram[:-1, :-1], gram[:-1, -1]).astype(np.float32)
