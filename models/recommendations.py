"""Answering one shopper from a stored recommender: the read side of the artifact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, Self

import numpy as np
from scipy.sparse import csr_array

from models.arrays import AnyArray, Float32, Float64, Int64, Integers, Mask
from models.artifacts import Artifact
from models.errors import ArtifactCorrupt, ParametersInvalid
from models.factor_space import FactorSpace, Ridge
from models.interactions import Interactions
from models.item_to_item import ItemWeights
from models.recommender import Recommender
from models.repeats import NEVER, last_bought, rest_days
from models.topk import NO_ITEM, rank

KIND = "recommender"
K_AT_MOST = 1_000
RECENT_AT_MOST = 200
RECENT_VIEW_WEIGHT = 0.5
NOTHING: Mapping[int, float] = {}

SEEN = ("indptr", "indices", "weights", "bought_on")

Reason = Literal["bought", "viewed", "popular"]


@dataclass(frozen=True)
class Recommendation:
    """A product for a shopper; the evidence is the bought or viewed one that carried the score."""

    product_id: int
    score: float
    reason: Reason
    evidence_product_id: int | None


class Scorer(Protocol):
    """What was learned, in the form that answers one history at a time."""

    def scores(self, columns: Int64, weights: Float32) -> Float32:
        """`(n_items,)`."""
        ...

    def contributions(self, columns: Int64, weights: Float32, targets: Int64) -> Float32:
        """`(len(targets), len(columns))`: each event's part in each target's score."""
        ...


class History(NamedTuple):
    """One shopper's events by item, `(n,)` each: sorted columns, summed weights, last purchase.

    `bought_on` are days since 1970, -inf for what was only looked at.
    """

    columns: Int64
    weights: Float32
    bought_on: Float64

    @property
    def bought(self) -> Mask:
        return self.bought_on > -np.inf


def stored(
    model: Recommender, interactions: Interactions, categories: Integers | None = None
) -> dict[str, AnyArray]:
    """The arrays of an artifact: what was learned, of whom and what, and what they did.

    With `categories` `(n_items,)`, codes from 0, also how soon each product is bought again.
    """
    learned = model.arrays()
    if not learned:
        raise ParametersInvalid(f"{model.recipe} cannot be served: it has no arrays to store.")
    matrix = interactions.matrix
    never = np.full(interactions.n_items, NEVER, np.float32)
    return {
        **learned,
        "shopper_pseudonyms": interactions.shoppers,
        "product_ids": interactions.products,
        "rest_days": never if categories is None else rest_days(interactions, categories),
        "seen_indptr": matrix.indptr.astype(np.int64),
        "seen_indices": matrix.indices.astype(np.int32),
        "seen_weights": matrix.data,
        "seen_bought_on": last_bought(interactions),
    }


@dataclass(frozen=True)
class Recommendations:
    """A served artifact. Safe to share between threads; holds memory maps, no copies."""

    version: str
    recipe: str
    shopper_pseudonyms: Int64
    product_ids: Int64
    popularity: Float32
    rest_days: Float32
    scorer: Scorer | None
    seen: Mapping[str, AnyArray]

    @classmethod
    def open(cls, artifact: Artifact) -> Self:
        """Raises `ArtifactCorrupt` where an array is missing."""
        return cls.over(artifact.version, artifact.recipe, artifact.arrays)

    @classmethod
    def over(cls, version: str, recipe: str, arrays: Mapping[str, AnyArray]) -> Self:
        """As `open`, before the arrays are stored."""
        try:
            return cls(
                version,
                recipe,
                arrays["shopper_pseudonyms"],
                arrays["product_ids"],
                arrays["popularity"],
                arrays["rest_days"],
                _scorer(arrays),
                {name: arrays[f"seen_{name}"] for name in SEEN},
            )
        except KeyError as missing:
            raise ArtifactCorrupt(f"{version} has no array {missing}.") from missing

    def mask(self, product_ids: Iterable[int] | Int64) -> Mask:
        """`(n_items,)`: which items are among these products. Unknown products are passed over."""
        mask = np.zeros(len(self.product_ids), bool)
        mask[self._columns(product_ids)] = True
        return mask

    def knows(self, shopper_pseudonym: int) -> bool:
        """Has this shopper a history in the training data?"""
        return self._row(shopper_pseudonym) is not None

    def for_shopper(
        self,
        shopper_pseudonym: int | None,
        k: int,
        *,
        available: Mask | None = None,
        exclude_bought: bool = True,
        today: float = -np.inf,
        recent_purchases: Mapping[int, float] = NOTHING,
        recent_views: Iterable[int] = (),
    ) -> list[Recommendation]:
        """The `k` best products, best first; fewer where fewer are left.

        `available` is a `mask`; the recent product ids, purchases with their day since 1970, are
        what happened since training and count at once. What was bought comes back when its category
        is bought again and it has rested so long by `today`. None, or a shopper without any
        history, is answered with what is popular.
        """
        if not 1 <= k <= K_AT_MOST:
            raise ParametersInvalid(f"k must be from 1 to {K_AT_MOST}, not {k}.")
        history = self._history(shopper_pseudonym, recent_purchases, recent_views)
        scores = self._scores(history)
        if exclude_bought:
            scores[self._resting(history, today)] = -np.inf
        items, best = (row[0] for row in rank(scores[None], k, allowed=available))
        left = items != NO_ITEM
        return self._explained(history, items[left].astype(np.int64), best[left])

    def _resting(self, history: History, today: float) -> Int64:
        """Columns bought too lately to be shown again."""
        columns, since = history.columns[history.bought], history.bought_on[history.bought]
        resting: Int64 = columns[~(today - since >= self.rest_days[columns])]
        return resting

    def _scores(self, history: History) -> Float32:
        if self.scorer is None or not len(history.columns):
            return np.array(self.popularity)
        return self.scorer.scores(history.columns, history.weights)

    def _explained(self, history: History, items: Int64, scores: Float32) -> list[Recommendation]:
        evidence = self._evidence(history, items)
        return [
            Recommendation(int(self.product_ids[item]), float(score), *because)
            for item, score, because in zip(items, scores, evidence, strict=True)
        ]

    def _evidence(self, history: History, items: Int64) -> list[tuple[Reason, int | None]]:
        """Why each item: the event that added most to its score, if any added to it."""
        if self.scorer is None or not len(history.columns):
            return [("popular", None)] * len(items)
        parts = self.scorer.contributions(history.columns, history.weights, items)
        return [
            self._reason(history, int(event)) if row[event] > 0 else ("popular", None)
            for row, event in zip(parts, parts.argmax(axis=1), strict=True)
        ]

    def _reason(self, history: History, event: int) -> tuple[Reason, int]:
        product = int(self.product_ids[history.columns[event]])
        return ("bought" if history.bought[event] else "viewed"), product

    def _history(
        self, pseudonym: int | None, purchases: Mapping[int, float], views: Iterable[int]
    ) -> History:
        row = None if pseudonym is None else self._row(pseudonym)
        begin, end = (0, 0) if row is None else self.seen["indptr"][row : row + 2]
        old = self.seen["indices"][begin:end].astype(np.int64)
        mine = [product for product in purchases if self._columns([product]).size][-RECENT_AT_MOST:]
        bought = self._columns(mine)
        viewed = self._columns(views)[-RECENT_AT_MOST:]
        columns, where = np.unique(np.concatenate((old, bought, viewed)), return_inverse=True)
        weights = np.concatenate(
            (
                self.seen["weights"][begin:end],
                np.ones(len(bought), np.float32),
                np.full(len(viewed), RECENT_VIEW_WEIGHT, np.float32),
            )
        )
        days = np.concatenate(
            (
                self.seen["bought_on"][begin:end],
                np.array([purchases[product] for product in mine], np.float64),
                np.full(len(viewed), -np.inf),
            )
        )
        bought_on = np.full(len(columns), -np.inf)
        np.maximum.at(bought_on, where, days)
        weights = np.bincount(where, weights, len(columns)).astype(np.float32)
        return History(columns, weights, bought_on)

    def _row(self, pseudonym: int) -> int | None:
        at = int(np.searchsorted(self.shopper_pseudonyms, pseudonym))
        known = at < len(self.shopper_pseudonyms) and self.shopper_pseudonyms[at] == pseudonym
        return at if known else None

    def _columns(self, product_ids: Iterable[int] | Int64) -> Int64:
        ids = np.fromiter(product_ids, np.int64)
        if not len(self.product_ids):
            return np.zeros(0, np.int64)
        at = np.minimum(np.searchsorted(self.product_ids, ids), len(self.product_ids) - 1)
        known: Int64 = at[self.product_ids[at] == ids]
        return known


def _scorer(arrays: Mapping[str, AnyArray]) -> Scorer | None:
    if "item_factors" in arrays:
        ridge = Ridge(*arrays["ridge"].tolist())
        return FactorSpace(arrays["item_factors"], arrays["spectrum"], ridge)
    if "weights_data" in arrays:
        parts = tuple(arrays[f"weights_{name}"] for name in ("data", "indices", "indptr"))
        n_items = len(arrays["popularity"])
        return ItemWeights(csr_array(parts, shape=(n_items, n_items)), arrays["popularity"])
    return None
