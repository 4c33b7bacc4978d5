"""Recommendations for each occasion: what can be bought now, by the live model, with reasons."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from models import artifacts
from models.arrays import Mask
from models.errors import ArtifactMissing
from models.policy import Policy
from models.recommendations import K_AT_MOST, KIND, Recommendation, Recommendations
from serving.assortment import Assortment
from serving.errors import ProductUnknown
from serving.evidence import BOUGHT_LATELY, Told, bought_together, popular
from serving.follower import View
from serving.recent_behaviour import RecentBehaviour
from serving.suggestions import Pick, Suggestion, shown, titles
from warehouse.snapshot import Snapshot

FALLBACK = "popularity-fallback"
TOGETHER = "bought-together"
POOL_LEAST = 100
POOL_TIMES = 5  # as many candidates as places, so that the policy has a choice
SECONDS_PER_DAY = 86_400

# What is like a product is of its category, and one's own things are of whomever one buys from.
ALIKE = Policy(per_category=1.0)
AS_RANKED = Policy(per_vendor=1.0, per_category=1.0, for_unseen=0.0)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """A ranked list and what made it."""

    model: str
    model_version: str | None
    is_known_shopper: bool
    items: list[Suggestion]


class Shopper(NamedTuple):
    """For whom a list is, as far as is known; what the own vendors offer is no part of it."""

    pseudonym: int | None = None
    own_vendors: frozenset[int] = frozenset()


class Lately(NamedTuple):
    """What a shopper did since the training: day of each purchase, and looks, the latest last."""

    today: float
    bought: dict[int, float]
    viewed: list[int]


def looking_at(root: Path) -> Callable[[Recommendations | None], Recommendations]:
    """A look for a Watcher: the artifact that the pointer names. Raises ModelsError."""

    def look(seen: Recommendations | None) -> Recommendations:
        version = artifacts.live_version(root, KIND)
        if version is None:
            raise ArtifactMissing("No recommender was promoted yet: run `rynek pipeline run`.")
        if seen and seen.version == version:
            return seen
        return Recommendations.open(artifacts.load(root, KIND, version))

    return look


class Recommender:
    """Ranks for one shopper or beside one product.

    Keeps the mask of what is in stock until it or the model changes.
    """

    def __init__(
        self,
        live: Callable[[], Recommendations | None],
        recent: Callable[[], RecentBehaviour | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._live = live
        self._recent = recent
        self._clock = clock
        self._lock = threading.Lock()
        self._masked: tuple[Recommendations, Assortment, Mask] | None = None
        self._told: tuple[Snapshot, Told] | None = None

    def suggest(
        self, view: View, shopper: Shopper, k: int, cart: Sequence[int] = ()
    ) -> Suggestions:
        """The ``k`` best products that can be bought now, as the policy arranges them.

        What was bought before comes back only where its category is bought again and it is due.
        What lies in the ``cart``, product ids, is heard like clicks of this minute and left out.
        """
        model, lately = self._live(), self._lately(view, shopper.pseudonym)
        told, pool = self._told_by(view.published.snapshot), _pool(k)
        if model is None:
            picks = _popular(view, told.most_ordered, {*lately.bought, *cart}, pool)
        else:
            looked_at = [product for product in lately.viewed if product not in cart]
            ranked = model.for_shopper(
                shopper.pseudonym,
                pool,
                available=self._in_stock(model, view.assortment) & ~model.mask(cart),
                today=lately.today,
                recent_purchases=lately.bought,
                recent_views=[*looked_at, *cart],
            )
            picks = _picks(ranked, cart)
        items = shown(
            view,
            picks,
            k,
            own_vendors=shopper.own_vendors,
            unseen_vendors=told.unseen_vendors,
        )
        return _by(model, items, _is_known(model, shopper.pseudonym, lately))

    def similar(self, view: View, shopper: Shopper, product_id: int, k: int) -> Suggestions:
        """Beside a product: what the model finds like it; without one, what its category sells.

        Raises ProductUnknown.
        """
        _require_published(view, product_id)
        model = self._live()
        if model is None or not model.mask([product_id]).any():
            picks = _popular(view, popular(view.published.snapshot, product_id), (), _pool(k))
            return _by(None, shown(view, picks, k, ALIKE, own_vendors=shopper.own_vendors))
        ranked = model.similar(product_id, _pool(k), self._in_stock(model, view.assortment))
        picks = [
            pick._replace(reason="similar") if pick.evidence_product_id else pick
            for pick in _picks(ranked)
        ]
        return _by(model, shown(view, picks, k, ALIKE, own_vendors=shopper.own_vendors))

    def together(self, view: View, shopper: Shopper, product_id: int, k: int) -> Suggestions:
        """What lies in the same orders more often than by chance. Raises ProductUnknown."""
        _require_published(view, product_id)
        lifts = bought_together(view.published.snapshot, product_id)
        picks = [Pick(other, lift, "together", product_id) for other, lift in lifts.items()]
        items = shown(view, picks, k, AS_RANKED, own_vendors=shopper.own_vendors)
        return Suggestions(TOGETHER, None, False, items)

    def again(self, view: View, shopper: Shopper, k: int) -> Suggestions:
        """What the shopper buys and is due, what they buy most first; nothing for a stranger."""
        model, lately = self._live(), self._lately(view, shopper.pseudonym)
        if model is None:
            return _by(None, [])
        due = model.again(
            shopper.pseudonym,
            _pool(k),
            available=self._in_stock(model, view.assortment),
            today=lately.today,
            recent_purchases=lately.bought,
        )
        items = shown(view, _picks(due), k, AS_RANKED, own_vendors=shopper.own_vendors)
        return _by(model, items, _is_known(model, shopper.pseudonym, lately))

    def _lately(self, view: View, shopper_pseudonym: int | None) -> Lately:
        now, recent = self._clock(), self._recent()
        today = now / SECONDS_PER_DAY
        viewed = recent.products(shopper_pseudonym, now) if recent else []
        return Lately(today, _bought_lately(view, shopper_pseudonym, today), viewed)

    def _in_stock(self, model: Recommendations, assortment: Assortment) -> Mask:
        with self._lock:
            held = self._masked
            if held is None or held[0] is not model or held[1] is not assortment:
                held = model, assortment, model.mask(assortment.available_product_ids())
                self._masked = held
            return held[2]

    def _told_by(self, snapshot: Snapshot) -> Told:
        with self._lock:
            if self._told is None or self._told[0] is not snapshot:
                self._told = snapshot, Told.by(snapshot)
            return self._told[1]


def _by(
    model: Recommendations | None, items: list[Suggestion], is_known: bool = False
) -> Suggestions:
    if model is None:
        return Suggestions(FALLBACK, None, is_known, items)
    return Suggestions(model.recipe, model.version, is_known, items)


def _is_known(model: Recommendations | None, shopper_pseudonym: int | None, lately: Lately) -> bool:
    if lately.bought or lately.viewed:
        return True
    return model is not None and shopper_pseudonym is not None and model.knows(shopper_pseudonym)


def _pool(k: int) -> int:
    return min(max(POOL_LEAST, POOL_TIMES * k), K_AT_MOST)


def _require_published(view: View, product_id: int) -> None:
    if not titles(view.published.snapshot, [product_id]):
        raise ProductUnknown(
            "No such product is in the published figures; a new one appears with the next load."
        )


def _picks(ranked: Sequence[Recommendation], cart: Collection[int] = ()) -> list[Pick]:
    return [
        Pick(
            one.product_id,
            one.score,
            "carted" if one.evidence_product_id in cart else one.reason,
            one.evidence_product_id,
        )
        for one in ranked
    ]


def _popular(
    view: View, most_ordered: Sequence[int], left_out: Collection[int], pool: int
) -> list[Pick]:
    left = [
        product
        for product in most_ordered
        if product not in left_out and view.assortment.chosen_offer(product) is not None
    ]
    return [Pick(product, 1 / rank, "popular", None) for rank, product in enumerate(left[:pool], 1)]


def _bought_lately(view: View, shopper_pseudonym: int | None, today: float) -> dict[int, float]:
    """The day since 1970 of the last purchase of each product."""
    if shopper_pseudonym is None:
        return {}
    rows = view.published.snapshot.rows(BOUGHT_LATELY, {"shopper_pseudonym": shopper_pseudonym})
    published = {product: at / SECONDS_PER_DAY for product, at in rows}
    return published | dict.fromkeys(view.overlay.bought_by(shopper_pseudonym), today)
