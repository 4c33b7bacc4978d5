"""What a model may not do to the market, however well it predicts: measured on its own lists."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, Self

import numpy as np

from models.arrays import AnyArray, Float64, Int64
from models.metrics import gini
from models.recommendations import Recommendations

LISTS = 500
K = 20


@dataclass(frozen=True)
class Shelf:
    """What can be bought: sorted product ids and the vendor who would sell each, `(n,)`."""

    product_ids: Int64
    vendor_ids: Int64

    @classmethod
    def of(cls, product_ids: AnyArray, vendor_ids: AnyArray) -> Self:
        """From columns in any order."""
        order = np.argsort(product_ids, kind="stable")
        return cls(
            np.asarray(product_ids, np.int64)[order], np.asarray(vendor_ids, np.int64)[order]
        )

    @classmethod
    def of_one_vendor(cls, product_ids: Int64) -> Self:
        """Everything can be bought, and nobody told of whom."""
        return cls(product_ids, np.zeros_like(product_ids))


@dataclass(frozen=True)
class Limits:
    """How far each figure may go.

    coverage  of the shelf, or of all places in the lists where those are fewer
    vendor_gini  inequality of exposure between the vendors on the shelf
    p99_milliseconds  of one answer, the model's part
    """

    coverage_at_least: float = 0.05
    vendor_gini_at_most: float = 0.95
    out_of_stock_at_most: int = 0
    p99_milliseconds_at_most: float = 200.0


LIMITS = Limits()
# Popularity tells everyone the same, by intention; it answers only where nothing better may.
FALLBACK_LIMITS = Limits(coverage_at_least=0.0, vendor_gini_at_most=1.0)


@dataclass(frozen=True)
class Rail:
    """One figure beside its limit."""

    value: float
    limit: float
    is_held: bool

    def as_json(self) -> dict[str, Any]:
        """For manifests."""
        return asdict(self)


def guard(
    model: Recommendations,
    shelf: Shelf,
    limits: Limits = LIMITS,
    *,
    seed: int = 0,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, Rail]:
    """Answer a seeded sample of shoppers from the shelf, and hold the lists against the limits."""
    available = model.mask(shelf.product_ids)
    lists, seconds = [], []
    for shopper in sampled(model.shopper_pseudonyms, seed):
        begin = clock()
        answer = model.for_shopper(int(shopper), K, available=available)
        seconds.append(clock() - begin)
        lists.append([one.product_id for one in answer])
    return hold(lists, np.array(seconds), shelf, limits)


def hold(
    lists: Sequence[Sequence[int]], seconds: Float64, shelf: Shelf, limits: Limits = LIMITS
) -> dict[str, Rail]:
    """The figures of lists of product ids, each answered in so many seconds, beside the limits."""
    shown = np.array([product for one in lists for product in one], np.int64)
    covered = _coverage(shown, shelf)
    inequality = gini(exposure_of_vendors(shown, shelf))
    gone = float((~np.isin(shown, shelf.product_ids)).sum())
    p99 = 1000 * float(np.quantile(seconds, 0.99)) if len(seconds) else 0.0
    return {
        "coverage": Rail(
            covered, limits.coverage_at_least, bool(covered >= limits.coverage_at_least)
        ),
        "vendor_gini": _at_most(inequality, limits.vendor_gini_at_most),
        "out_of_stock": _at_most(gone, limits.out_of_stock_at_most),
        "p99_milliseconds": _at_most(p99, limits.p99_milliseconds_at_most),
    }


def exposure_of_vendors(shown: Int64, shelf: Shelf) -> Int64:
    """`(n_vendors,)`: how often each vendor on the shelf was shown, by ascending vendor id."""
    vendors, of_product = np.unique(shelf.vendor_ids, return_inverse=True)
    on_shelf = shown[np.isin(shown, shelf.product_ids)]
    places = of_product[np.searchsorted(shelf.product_ids, on_shelf)]
    return np.bincount(places, minlength=len(vendors)).astype(np.int64)


def broken(rails: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Which rails of a manifest do not hold, in words."""
    return [
        f"{name} is {rail['value']:.4g}, its limit {rail['limit']:.4g}"
        for name, rail in rails.items()
        if not rail["is_held"]
    ]


def _at_most(value: float, limit: float) -> Rail:
    return Rail(value, limit, bool(value <= limit))


def _coverage(shown: Int64, shelf: Shelf) -> float:
    """An empty shelf has nothing to cover."""
    coverable = min(len(shelf.product_ids), len(shown))
    return len(np.intersect1d(shown, shelf.product_ids)) / coverable if coverable else 1.0


def sampled(shoppers: Int64, seed: int) -> Int64:
    """A seeded sample of shoppers to answer as the market would."""
    rng = np.random.default_rng(seed)
    return rng.choice(shoppers, min(LISTS, len(shoppers)), replace=False)
