"""What is known at a moment of a shopper, an item and the two together, for a ranker to weigh.

Nothing here looks past the interactions and histories it is given, so that who passes only what
happened before a moment gets the features of that moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from models.arrays import AnyArray, Float32, Int64, Mask
from models.candidates import Candidates, own_frequency
from models.history import LONG_AGO, Seen, aged, looked_up
from models.interactions import Interactions
from models.popularity import decayed_popularity
from models.repeats import rest_days

FRESH_BELOW = 5
"""Events below which an item is new to the market: nothing but its content tells who likes it."""
RECENT_DAYS = 14.0
ABOUT_ITEMS = ("events", "buyers", "recent", "trend", "age", "idle", "price", "rests")
ABOUT_SHOPPERS = ("shopper_items", "shopper_weight", "shopper_idle", "shopper_repeats")
ABOUT_PAIRS = (
    "seen",
    "bought_times",
    "seen_ago",
    "bought_ago",
    "rested",
    "own_frequency",
    "category_share",
    "brand_share",
    "vendor_share",
    "dearer",
)


@dataclass(frozen=True)
class ItemFacts:
    """What is known of items at one moment.

    columns  `(n_items, len(ABOUT_ITEMS))` float32
    categories, brands, vendors  `(n_items,)` codes, 0 for unknown
    """

    columns: Float32
    categories: Int64
    brands: Int64
    vendors: Int64

    @classmethod
    def of(cls, interactions: Interactions) -> Self:
        """From all events given; the moment is that of the last."""
        n, listings = interactions.n_items, interactions.listings
        moment = float(interactions.days.max(initial=-np.inf))
        events = np.bincount(interactions.columns, minlength=n)
        buyers = np.diff(interactions.bought.T.tocsr().indptr)
        recent = decayed_popularity(interactions, RECENT_DAYS) * max(interactions.n_events, 1)
        first, last = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(first, interactions.columns, interactions.days)
        np.maximum.at(last, interactions.columns, interactions.days)
        none = np.zeros(n, np.int64)
        categories = none if listings is None else listings.categories
        columns = (
            np.log1p(events),
            np.log1p(buyers),
            np.log1p(recent),
            np.log((1 + recent) / (1 + events)),
            aged(np.where(np.isfinite(first), first, -np.inf), moment),
            aged(last, moment),
            none if listings is None else listings.prices_on(moment),
            np.minimum(rest_days(interactions, categories), LONG_AGO),
        )
        return cls(
            np.stack(columns, axis=1).astype(np.float32),
            categories,
            none if listings is None else listings.brands,
            none if listings is None else listings.vendors,
        )

    @property
    def fresh(self) -> Mask:
        """`(n_items,)`."""
        fresh: Mask = np.less(self.about("events"), np.log1p(FRESH_BELOW))
        return fresh

    def about(self, name: str) -> Float32:
        """One of `ABOUT_ITEMS`, `(n_items,)`."""
        column: Float32 = self.columns[:, ABOUT_ITEMS.index(name)]
        return column

    def arrays(self) -> dict[str, AnyArray]:
        """For an artifact."""
        return vars(self).copy()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> Self:
        """As `arrays` gave them."""
        return cls(**arrays)


def names(sources: Sequence[str]) -> list[str]:
    """The columns of `features`, for models named so."""
    heard = [f"{source}_score" for source in sources]
    places = [f"{source}_place" for source in ("own", *sources)]
    return [*heard, *places, *ABOUT_ITEMS, *ABOUT_SHOPPERS, *ABOUT_PAIRS]


def features(
    chosen: Candidates, scores: Sequence[Float32], seen: Seen, facts: ItemFacts
) -> Float32:
    """`(n_candidates, n_features)` float32, in the order of `names`."""
    heard = [_beside_best(one, chosen) for one in scores]
    columns = [*heard, *chosen.places.T, *facts.columns[chosen.items].T]
    columns += [about[chosen.rows] for about in _about_shoppers(seen)]
    columns += _about_pairs(chosen, seen, facts)
    return np.stack(columns, axis=1).astype(np.float32, copy=False)


def _beside_best(scores: Float32, chosen: Candidates) -> Float32:
    """Models measure in units of their own; the shopper's best is 1 in each."""
    best = np.maximum(scores.max(axis=1), np.finfo(np.float32).tiny)
    beside: Float32 = scores[chosen.rows, chosen.items] / best[chosen.rows]
    return beside


def _about_shoppers(seen: Seen) -> list[Float32]:
    n = len(seen.indptr) - 1
    items = np.diff(seen.indptr).astype(np.float32)
    idle = np.full(n, LONG_AGO, np.float32)
    np.minimum.at(idle, seen.rows, seen.ages)
    times = seen.summed(seen.purchases)
    again = seen.summed(np.maximum(seen.purchases - 1, 0))
    return [
        np.log1p(items),
        np.log1p(seen.summed(seen.weights)),
        idle,
        again / np.maximum(times, 1),
    ]


def _about_pairs(chosen: Candidates, seen: Seen, facts: ItemFacts) -> list[Float32]:
    keys, asked = seen.keys, chosen.rows * seen.n_items + chosen.items
    bought_ago = looked_up(keys, seen.bought_ages, asked, LONG_AGO)
    rests: Float32 = np.maximum(facts.about("rests")[chosen.items], 1)
    return [
        looked_up(keys, seen.weights, asked, 0),
        looked_up(keys, seen.purchases, asked, 0),
        looked_up(keys, seen.ages, asked, LONG_AGO),
        bought_ago,
        bought_ago / rests,
        looked_up(keys, own_frequency(seen), asked, 0),
        _share(facts.categories, chosen, seen),
        _share(facts.brands, chosen, seen),
        _share(facts.vendors, chosen, seen),
        _dearer(chosen, seen, facts.about("price")),
    ]


def _share(codes: Int64, chosen: Candidates, seen: Seen) -> Float32:
    """How much of the shopper's history is of the candidate's category, brand or vendor."""
    width = int(codes.max(initial=0)) + 1
    own, place = np.unique(seen.rows * width + codes[seen.items], return_inverse=True)
    sums = np.bincount(place, seen.weights, len(own))
    shares = sums / np.maximum(seen.summed(seen.weights), 1e-9)[own // width]
    found = looked_up(own, shares.astype(np.float32), chosen.rows * width + codes[chosen.items], 0)
    return np.where(codes[chosen.items] == 0, 0, found).astype(np.float32)


def _dearer(chosen: Candidates, seen: Seen, prices: Float32) -> Float32:
    """By how much, in logarithms, a candidate costs more than what the shopper usually takes."""
    known = seen.weights * (prices[seen.items] > 0)
    usual = seen.summed(known * prices[seen.items]) / np.maximum(seen.summed(known), 1e-9)
    is_known = (prices[chosen.items] > 0) & (usual[chosen.rows] > 0)
    return np.where(is_known, prices[chosen.items] - usual[chosen.rows], 0).astype(np.float32)
