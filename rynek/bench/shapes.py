"""Interactions of any size in the shape of a marketplace: many listings, few purchases each.

Every listing belongs to a taste and every shopper to a few. Within a taste sales fall off by a
power of the rank, and tastes differ in how many follow them, so both are heavy-tailed.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from models.arrays import Histories, Int64

OWN_TASTES = 3
FAITHFUL = 0.85
"""Share of purchases within the shopper's own tastes."""
FALL = 3.0
"""A listing's chance is proportional to its rank to the power 1/FALL - 1."""


@dataclass(frozen=True)
class Shape:
    """How many of each; some of the events fall together."""

    shoppers: int
    items: int
    events: int
    tastes: int

    def __str__(self) -> str:
        return f"{self.shoppers:,} shoppers × {self.items:,} items, {self.events:,} events"


def histories(shape: Shape, seed: int) -> Histories:
    """`(shoppers, items)` binary; the same seed gives the same."""
    rng = np.random.default_rng(seed)
    lengths = rng.lognormal(0.0, 1.0, shape.shoppers)
    shares = lengths / lengths.sum()
    rows = np.repeat(np.arange(shape.shoppers), rng.multinomial(shape.events, shares))
    columns = _bought(shape, rows, rng)
    ones = np.ones(len(rows), np.float32)
    matrix = coo_array((ones, (rows, columns)), shape=(shape.shoppers, shape.items)).tocsr()
    matrix.data[:] = 1
    return matrix


def held_out(
    whole: Histories, shoppers: int, share: float, seed: int
) -> tuple[Histories, Histories, Int64]:
    """The histories without a share of some shoppers' events, those events, and whose they were."""
    rng = np.random.default_rng(seed)
    judged = np.sort(rng.choice(whole.shape[0], min(shoppers, whole.shape[0]), replace=False))
    is_judged = np.zeros(whole.shape[0], bool)
    is_judged[judged] = True
    lengths = np.diff(whole.indptr)
    hidden = np.repeat(is_judged, lengths) & (rng.random(whole.nnz) < share)
    known, truth = whole.copy(), whole[judged]
    known.data[hidden] = 0
    known.eliminate_zeros()
    truth.data[:] = hidden[np.repeat(is_judged, lengths)]
    truth.eliminate_zeros()
    return known, truth, judged


def _bought(shape: Shape, rows: Int64, rng: np.random.Generator) -> Int64:
    own = (shape.tastes * rng.random((shape.shoppers, OWN_TASTES)) ** 2).astype(np.int64)
    tastes = own[rows, rng.integers(0, OWN_TASTES, len(rows))]
    strays = np.flatnonzero(rng.random(len(rows)) > FAITHFUL)
    tastes[strays] = rng.integers(0, shape.tastes, len(strays))
    size = shape.items // shape.tastes
    ranks = (size * rng.random(len(rows)) ** FALL).astype(np.int64)
    # Listings stand in no order of taste or success.
    place: Int64 = rng.permutation(shape.items)[tastes * size + ranks]
    return place
