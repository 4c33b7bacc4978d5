"""Answering one shopper from a stored recommender: the read side of the artifact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from models.arrays import AnyArray, Float32, Int64, Mask
from models.artifacts import Artifact
from models.candidates import own_frequency
from models.errors import ArtifactCorrupt, ParametersInvalid
from models.history import History, Seen, brought_up, by_item
from models.interactions import Interactions
from models.recommender import Recommender
from models.repeats import NEVER, rest_days
from models.scorers import Answering, Heard, answering, nobody
from models.topk import NO_ITEM, rank

KIND = "recommender"
K_AT_MOST = 1_000
RECENT_AT_MOST = 200
NOTHING: Mapping[int, float] = {}

SEEN = ("weights", "purchases", "last_on", "bought_on")

Reason = Literal["bought", "viewed", "popular"]


@dataclass(frozen=True)
class Recommendation:
    """A product for a shopper; the evidence is the bought or viewed one that carried the score."""

    product_id: int
    score: float
    reason: Reason
    evidence_product_id: int | None


def stored(model: Recommender, interactions: Interactions) -> dict[str, AnyArray]:
    """The arrays of an artifact: what was learned, of whom and what, and what they did.

    Where products are listed with categories, also how soon each is bought again.
    """
    learned = model.arrays()
    if not learned:
        raise ParametersInvalid(f"{model.recipe} cannot be served: it has no arrays to store.")
    indptr, every = by_item(interactions)
    listings, never = interactions.listings, np.full(interactions.n_items, NEVER, np.float32)
    return {
        **learned,
        "shopper_pseudonyms": interactions.shoppers,
        "product_ids": interactions.products,
        "rest_days": never if listings is None else rest_days(interactions, listings.categories),
        "seen_indptr": indptr.astype(np.int64),
        "seen_columns": every.columns.astype(np.int32),
        **{f"seen_{name}": getattr(every, name) for name in SEEN},
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
    answering: Answering | None
    trained_until: float
    seen: Mapping[str, AnyArray]

    @classmethod
    def open(cls, artifact: Artifact) -> Self:
        """Raises `ArtifactCorrupt` where an array is missing."""
        return cls.over(artifact.version, artifact.recipe, artifact.arrays)

    @classmethod
    def over(cls, version: str, recipe: str, arrays: Mapping[str, AnyArray]) -> Self:
        """As `open`, before the arrays are stored."""
        # Plain views: a memory map's own class costs a call of Python for every slice.
        arrays = {name: np.asarray(array) for name, array in arrays.items()}
        try:
            return cls(
                version,
                recipe,
                arrays["shopper_pseudonyms"],
                arrays["product_ids"],
                arrays["popularity"],
                arrays["rest_days"],
                answering(arrays),
                float(arrays["seen_last_on"].max(initial=-np.inf)),
                {name: arrays[f"seen_{name}"] for name in ("indptr", "columns", *SEEN)},
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
        moment = max(today, self.trained_until)
        history = self._history(shopper_pseudonym, recent_purchases, recent_views, moment)
        allowed = np.ones(len(self.product_ids), bool) if available is None else available.copy()
        if exclude_bought:
            allowed[self._resting(history, today)] = False
        return self._best(history, self._heard(history, moment, allowed), k, allowed)

    def similar(
        self, product_id: int, k: int, available: Mask | None = None
    ) -> list[Recommendation]:
        """The `k` products that go best with one: the answer to who has looked at nothing else.

        Of a ranker's sources the first speaks alone: its trees weigh habits, and here are none.
        """
        history = self._history(None, NOTHING, [product_id], self.trained_until)
        allowed = np.ones(len(self.product_ids), bool) if available is None else available.copy()
        allowed[history.columns] = False
        heard = self._heard(history, self.trained_until, allowed, is_plain=True)
        return self._best(history, heard, k, allowed)

    def again(
        self,
        shopper_pseudonym: int | None,
        k: int,
        *,
        available: Mask | None = None,
        today: float = -np.inf,
        recent_purchases: Mapping[int, float] = NOTHING,
    ) -> list[Recommendation]:
        """What the shopper bought and has rested by `today`, what they buy most of late first.

        The measure is that of `own_frequency`; options as in `for_shopper`.
        """
        moment = max(today, self.trained_until)
        history = self._history(shopper_pseudonym, recent_purchases, (), moment)
        due = history.bought.copy()
        due[np.isin(history.columns, self._resting(history, today))] = False
        if available is not None:
            due &= available[history.columns]
        often = own_frequency(Seen.one(history, moment, len(self.product_ids)))
        products = self.product_ids[history.columns]
        return [
            Recommendation(int(products[at]), float(often[at]), "bought", int(products[at]))
            for at in np.lexsort((products, -often))
            if due[at]
        ][:k]

    def _resting(self, history: History, today: float) -> Int64:
        """Columns bought too lately to be shown again."""
        columns, since = history.columns[history.bought], history.bought_on[history.bought]
        resting: Int64 = columns[~(today - since >= self.rest_days[columns])]
        return resting

    def _heard(
        self, history: History, moment: float, allowed: Mask, *, is_plain: bool = False
    ) -> Heard:
        if self.answering is None or not len(history.columns):
            return Heard(np.array(self.popularity), nobody)
        speaker = self.answering.first if is_plain else self.answering
        return speaker.hear(history, moment, allowed)

    def _best(self, history: History, heard: Heard, k: int, allowed: Mask) -> list[Recommendation]:
        """Why each item: the event that added most to its score, if any added to it."""
        items, scores = (row[0] for row in rank(heard.scores[None], k, allowed=allowed))
        left = items != NO_ITEM
        items, scores = items[left].astype(np.int64), scores[left]
        parts, bought = heard.contributions(items), history.bought
        events = parts.argmax(axis=1) if parts.shape[1] else np.zeros(len(items), np.int64)
        return [
            Recommendation(
                int(self.product_ids[item]),
                float(score),
                *self._because(history.columns, bought, row, event),
            )
            for item, score, row, event in zip(items, scores, parts, events, strict=True)
        ]

    def _because(
        self, columns: Int64, bought: Mask, parts: Float32, event: int
    ) -> tuple[Reason, int | None]:
        if not parts.size or not parts[event] > 0:
            return "popular", None
        product = int(self.product_ids[columns[event]])
        return ("bought" if bought[event] else "viewed"), product

    def _history(
        self,
        pseudonym: int | None,
        purchases: Mapping[int, float],
        views: Iterable[int],
        today: float,
    ) -> History:
        mine = [product for product in purchases if self._columns([product]).size][-RECENT_AT_MOST:]
        days = np.array([purchases[product] for product in mine], np.float64)
        viewed = self._columns(views)[-RECENT_AT_MOST:]
        return brought_up(self._stored(pseudonym), self._columns(mine), days, viewed, today)

    def _stored(self, pseudonym: int | None) -> History:
        """What was known of a shopper at the training."""
        row = None if pseudonym is None else self._row(pseudonym)
        begin, end = (0, 0) if row is None else self.seen["indptr"][row : row + 2]
        columns = self.seen["columns"][begin:end].astype(np.int64)
        return History(columns, *(self.seen[name][begin:end] for name in SEEN))

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
