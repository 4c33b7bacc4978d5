"""Where a model finds what people buy, and where it does not: hits by kind of sale.

A pair is one shopper and one item of the truth. Strata are judged by pairs: a stratum's figure is
the share of its sales that the lists held, and the strata of one name add up to all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from models.arrays import AnyArray, Float64, Histories, Int32, Int64, Integers, Mask
from models.interactions import Interactions
from models.metrics import relevant

DEPTHS = {"1-4 events": 1, "5-19": 5, "20-99": 20, "100 and more": 100}
AGES = {"under 28 days": 0, "28-179 days": 28, "180 days and more": 180}
SIZES = {"large, half of all events": 0.0, "middle": 0.5, "small, the last tenth": 0.9}
UNSEEN = "never seen"


class Stratum(NamedTuple):
    """How many pairs, and the share of them within the lists."""

    pairs: int
    recall: float


@dataclass(frozen=True)
class Pairs:
    """`shoppers`, `items`, `hit`, each `(n_pairs,)`; shoppers count from 0 in order of judging."""

    shoppers: Int64
    items: Integers
    hit: Mask

    def money_share(self, truth: Histories, worths: Float64) -> float:
        """Of all the money that was spent, the share spent on what the lists held."""
        money = truth.data * worths[self.items]
        return float(money[self.hit].sum() / max(money.sum(), np.finfo(np.float64).tiny))


Strata: TypeAlias = Mapping[str, Mapping[str, Stratum]]
"""By what pairs are told apart, then by name."""


def pooled(parts: Sequence[Strata]) -> dict[str, dict[str, Stratum]]:
    """Strata of several windows as of one."""
    found: dict[str, dict[str, Stratum]] = {}
    for part in parts:
        for name, strata in part.items():
            kept = found.setdefault(name, {})
            for label, more in strata.items():
                kept[label] = _joined(kept.get(label, Stratum(0, 0.0)), more)
    return found


def _joined(one: Stratum, other: Stratum) -> Stratum:
    pairs = one.pairs + other.pairs
    return Stratum(pairs, (one.pairs * one.recall + other.pairs * other.recall) / max(pairs, 1))


def pairs_of(items: Int32, truth: Histories) -> Pairs:
    """All pairs of the truth `(n, n_items)`, and whether the lists `items` `(n, k)` held them."""
    shoppers = np.repeat(np.arange(truth.shape[0]), relevant(truth).astype(np.int64))
    return Pairs(shoppers, truth.indices, (items[shoppers] == truth.indices[:, None]).any(axis=1))


def by_stratum(
    pairs: Pairs,
    train: Interactions,
    known: Interactions,
    judged: Int64,
    vendors: Integers | None,
) -> dict[str, dict[str, Stratum]]:
    """Hits by whether the shopper had it before, their history's depth, the item's age and vendor.

    A name without more than one stratum says nothing and is left out, as is age without times.
    """
    labelled = {
        "bought before": _repeat(pairs, known, judged),
        "history depth": _banded(np.diff(known.matrix.indptr)[judged], DEPTHS)[pairs.shoppers],
    }
    if np.ptp(train.days) > 0:
        labelled["item age"] = _ages(train)[pairs.items]
    if vendors is not None:
        labelled["vendor size"] = _sizes(train, vendors)[vendors][pairs.items]
    counted = {name: _counted(labels, pairs.hit) for name, labels in labelled.items()}
    return {name: strata for name, strata in counted.items() if len(strata) > 1}


def _counted(labels: npt.NDArray[np.str_], hit: Mask) -> dict[str, Stratum]:
    return {
        str(label): Stratum(int((labels == label).sum()), float(hit[labels == label].mean()))
        for label in np.unique(labels)
    }


def _repeat(pairs: Pairs, known: Interactions, judged: Int64) -> npt.NDArray[np.str_]:
    n_items = known.n_items
    before = known.bought.tocoo()
    seen = np.isin(
        judged[pairs.shoppers] * n_items + pairs.items,
        before.row.astype(np.int64) * n_items + before.col,
    )
    return np.where(seen, "bought before", "new to the shopper")


def _ages(train: Interactions) -> npt.NDArray[np.str_]:
    """`(n_items,)`: how long each item has been sold at the cut."""
    first = np.full(train.n_items, np.inf)
    np.minimum.at(first, train.columns, train.days)
    ages = train.days.max() - first
    return np.where(np.isfinite(first), _banded(np.maximum(ages, 0), AGES), UNSEEN)


def _sizes(train: Interactions, vendors: Integers) -> npt.NDArray[np.str_]:
    """`(n_vendors,)`: by their share of all events, the largest vendors first."""
    return size_bands(np.bincount(vendors[train.columns], minlength=int(vendors.max()) + 1))


def size_bands(amounts: AnyArray) -> npt.NDArray[np.str_]:
    """`(n_vendors,)`: a name of `SIZES` for each, by what the larger ones hold of all amounts."""
    order = np.argsort(-amounts, kind="stable")
    held_by_larger = np.empty(len(amounts))
    held_by_larger[order] = (np.cumsum(amounts[order]) - amounts[order]) / max(amounts.sum(), 1)
    return _banded(held_by_larger, SIZES)


def _banded(values: npt.ArrayLike, bands: Mapping[str, float]) -> npt.NDArray[np.str_]:
    """The name of the last band that begins at or below each value."""
    names, begins = np.array(list(bands)), np.array(list(bands.values()))
    return names[np.maximum(np.searchsorted(begins, values, side="right") - 1, 0)]
