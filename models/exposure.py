"""Who gets seen: the attention that lists give to vendors, beside what each sells and offers.

A place counts for 1 / log2(1 + place), the attention model of Singh and Joachims, "Fairness of
Exposure in Rankings" (KDD 2018), https://arxiv.org/abs/1802.07281.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Float64, Int64
from models.guard_rails import Shelf, sampled
from models.metrics import gini
from models.policy import Candidate, arrange
from models.recommendations import Recommendations
from models.strata import SIZES, size_bands

POOL = 100


@dataclass(frozen=True)
class Band:
    """Vendors of one size: how many, how many of them nobody saw, and shares of the market.

    The large together have half of all sales, the small the last tenth.
    """

    size: str
    vendors: int
    never_shown: int
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Report:
    """By size of vendor, and how unequal each amount is spread over all of them, from 0 to 1."""

    bands: Sequence[Band]
    ginis: Mapping[str, float]


def report(sales: Float64, amounts: Mapping[str, Float64], seen_by: str) -> Report:
    """Shares of `sales` and of other `amounts`, `(n_vendors,)` each, by size of sales.

    A vendor without any of the amount `seen_by` was never shown.
    """
    told = {"sales": sales, **amounts}
    bands = size_bands(sales)
    return Report(
        [
            Band(
                size.partition(",")[0],
                int((bands == size).sum()),
                int((told[seen_by][bands == size] == 0).sum()),
                {name: _share(values, bands == size) for name, values in told.items()},
            )
            for size in SIZES
        ],
        {name: gini(values) for name, values in told.items()},
    )


def attention(lists: Iterable[Sequence[int]], vendors: Int64) -> Float64:
    """`(len(vendors),)`: exposure of each of the ascending `vendors` in lists of vendors."""
    given = np.zeros(len(vendors))
    for shown in lists:
        at = np.searchsorted(vendors, np.array(shown, np.int64))
        np.add.at(given, at, 1 / np.log2(2 + np.arange(len(shown))))
    return given


def vendors_shown(
    model: Recommendations, shelf: Shelf, categories: Mapping[int, str | None], k: int, seed: int
) -> list[list[int]]:
    """Whom a seeded sample of shoppers would see: the model's lists as the policy arranges them."""
    available = model.mask(shelf.product_ids)
    vendor_of = dict(zip(shelf.product_ids.tolist(), shelf.vendor_ids.tolist(), strict=True))
    lists = []
    for shopper in sampled(model.shopper_pseudonyms, seed):
        pool = model.for_shopper(int(shopper), POOL, available=available)
        candidates = [
            Candidate(
                one.product_id,
                vendor_of[one.product_id],
                categories.get(one.product_id),
                True,
                True,
            )
            for one in pool
        ]
        lists.append([one.vendor_id for one in arrange(candidates, k)])
    return lists


def _share(values: Float64, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    return float(values[chosen].sum() / max(values.sum(), np.finfo(np.float64).tiny))
