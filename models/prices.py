"""What products cost at moments of the past, so that nothing is explained by tomorrow's prices."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from models.arrays import Float32, Float64, Int64


@dataclass(frozen=True)
class PriceSteps:
    """Prices of products from a day on, by ascending product and day, `(n,)` each.

    days  since 1970 in UTC, with fractions
    prices  natural logarithm of cents, 0 where none is known
    """

    product_ids: Int64
    days: Float64
    prices: Float32

    @classmethod
    def of(cls, product_ids: npt.ArrayLike, days: npt.ArrayLike, cents: npt.ArrayLike) -> Self:
        """From columns in any order."""
        ids, since = np.asarray(product_ids, np.int64), np.asarray(days, np.float64)
        order = np.lexsort((since, ids))
        return cls(ids[order], since[order], logged(np.asarray(cents, np.float64)[order]))

    def on(self, day: float, products: Int64, otherwise: Float32) -> Float32:
        """`(len(products),)`: what held on a day; before a product's first step that one's price.

        A product without a step has the price of `otherwise`, `(len(products),)`.
        """
        begins = np.searchsorted(self.product_ids, products, side="left")
        ends = np.searchsorted(self.product_ids, products, side="right")
        passed = np.concatenate(([0], np.cumsum(self.days <= day)))
        # Days ascend within a product, so that what has passed of it comes first.
        last = np.maximum(begins + passed[ends] - passed[begins] - 1, begins)
        found = otherwise.copy()
        has_steps = ends > begins
        found[has_steps] = self.prices[last[has_steps]]
        return found


def logged(cents: Float64) -> Float32:
    """Prices as models read them: natural logarithms, 0 for none."""
    return np.log(cents, out=np.zeros(len(cents)), where=cents > 0).astype(np.float32)


UNCHANGED = PriceSteps(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.float32))
