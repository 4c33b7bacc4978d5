"""Three steps of a random walk from the shopper, with popular items held back.

Paudel, Christoffel, Newell, Bernstein, "Updatable, Accurate, Diverse, and Scalable
Recommendations for Interactive Applications" (ACM TiiS 7(1), 2016).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array, diags_array

from models.arrays import Float32, Histories
from models.errors import ParametersInvalid
from models.item_to_item import ItemToItem, blocks, stacked, strongest, without_self


@dataclass
class RP3Beta(ItemToItem):
    """Walk item → shopper → item, probabilities to the power `alpha`, over popularity^`beta`."""

    recipe: ClassVar[str] = "rp3beta"
    neighbours: int = 200
    alpha: float = 0.6
    beta: float = 0.4

    def __post_init__(self) -> None:
        if self.neighbours < 1 or self.alpha <= 0:
            raise ParametersInvalid("neighbours must be at least 1 and alpha positive.")

    def relate(self, bought: Histories) -> Histories:
        to_items = _walk(bought, self.alpha)
        to_shoppers = _walk(bought.T.tocsr(), self.alpha)
        degrees = np.maximum(np.diff(to_shoppers.indptr), 1)
        held_back = diags_array((degrees**-self.beta).astype(np.float32))
        arriving = csr_array(to_items @ held_back)
        parts = [
            strongest(without_self(to_shoppers[rows] @ arriving, rows), self.neighbours)
            for rows in blocks(len(degrees))
        ]
        return stacked(parts)


def _walk(edges: Histories, alpha: float) -> Histories:
    """Transition probabilities of each row, to the power `alpha`."""
    degrees: Float32 = np.maximum(np.diff(edges.indptr), 1).astype(np.float32)
    return csr_array(diags_array(degrees**-alpha) @ edges)
