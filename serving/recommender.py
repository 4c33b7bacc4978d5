"""Recommendations: the live model's ranking of what can be bought now, each with its reason."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from models import artifacts
from models.arrays import Mask
from models.errors import ArtifactMissing
from models.recommendations import KIND, Recommendation, Recommendations
from serving.assortment import Assortment
from serving.follower import View
from warehouse.snapshot import Snapshot

FALLBACK = "popularity-fallback"
FALLBACK_DAYS = 90
FALLBACK_PRODUCTS = 2_000  # more than k and what one shopper has bought of them

POPULAR = """
-- grain: one product, the most ordered first
select product_id, sum(units) as units
from product_daily
where order_date > (select max(order_date) from product_daily) - to_days($days)
group by product_id
having sum(units) > 0
order by units desc, product_id
limit $products
"""

# The published items of recent orders bridge the time between the training and now.
BOUGHT_LATELY = """
-- grain: one product that the shopper bought, oldest first
select product_id
from vendor_orders
join recent_order_items using (vendor_order_id)
where shopper_pseudonym = $shopper_pseudonym and is_counted
group by product_id
order by max(placed_at), product_id
"""

SHOWN_OFFERS = """
-- grain: one offer
select
    offer_id, product_id, vendor_id, vendors.name, title, brand, category, image_url, price_cents
from offers
join vendors using (vendor_id)
where offer_id in (select unnest($offer_ids))
"""

TITLES = """
-- grain: one product
select product_id, any_value(title) as title
from offers
where product_id in (select unnest($product_ids))
group by product_id
"""


class ShownOffer(NamedTuple):
    offer_id: int
    product_id: int
    vendor_id: int
    vendor_name: str
    title: str
    brand: str | None
    category: str | None
    image_url: str | None
    price_cents: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One product to show: which offer of it, and why."""

    offer: ShownOffer
    why: Recommendation
    evidence_title: str | None

    @property
    def reason(self) -> str:
        """Why, in words for the shopper."""
        evidence = self.evidence_title or "something similar"
        is_this = self.why.evidence_product_id == self.why.product_id
        match self.why.reason:
            case "bought":
                return "You bought this before" if is_this else f"Because you bought {evidence}"
            case "viewed":
                return "You looked at this" if is_this else f"Because you looked at {evidence}"
            case "popular":
                return "Popular in the market"


@dataclass(frozen=True, slots=True)
class Suggestions:
    """A ranked list and what made it."""

    model: str
    model_version: str | None
    is_known_shopper: bool
    items: list[Suggestion]


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
    """Ranks for one shopper; keeps the mask of what is in stock until it or the model changes."""

    def __init__(self, live: Callable[[], Recommendations | None]) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._masked: tuple[Recommendations, Assortment, Mask] | None = None
        self._popular: tuple[Snapshot, list[int]] | None = None

    def suggest(self, view: View, shopper_pseudonym: int | None, k: int) -> Suggestions:
        """The ``k`` best products that can be bought now and were not bought before."""
        model = self._live()
        bought = _bought_lately(view, shopper_pseudonym)
        if model is None:
            ranked = self._by_popularity(view, bought, k)
            return Suggestions(FALLBACK, None, bool(bought), _shown(view, ranked))
        ranked = model.for_shopper(
            shopper_pseudonym,
            k,
            available=self._in_stock(model, view.assortment),
            recent_purchases=bought,
        )
        is_known = bool(bought) or (
            shopper_pseudonym is not None and model.knows(shopper_pseudonym)
        )
        return Suggestions(model.recipe, model.version, is_known, _shown(view, ranked))

    def _in_stock(self, model: Recommendations, assortment: Assortment) -> Mask:
        with self._lock:
            held = self._masked
            if held is None or held[0] is not model or held[1] is not assortment:
                held = model, assortment, model.mask(assortment.available_product_ids())
                self._masked = held
            return held[2]

    def _by_popularity(self, view: View, bought: Collection[int], k: int) -> list[Recommendation]:
        left = [
            product
            for product in self._most_ordered(view.published.snapshot)
            if product not in bought and view.assortment.chosen_offer(product) is not None
        ]
        return [
            Recommendation(product, 1 / rank, "popular", None)
            for rank, product in enumerate(left[:k], start=1)
        ]

    def _most_ordered(self, snapshot: Snapshot) -> list[int]:
        with self._lock:
            if self._popular is None or self._popular[0] is not snapshot:
                rows = snapshot.rows(
                    POPULAR, {"days": FALLBACK_DAYS, "products": FALLBACK_PRODUCTS}
                )
                self._popular = snapshot, [product for product, _units in rows]
            return self._popular[1]


def _bought_lately(view: View, shopper_pseudonym: int | None) -> list[int]:
    if shopper_pseudonym is None:
        return []
    rows = view.published.snapshot.rows(BOUGHT_LATELY, {"shopper_pseudonym": shopper_pseudonym})
    published = [product for (product,) in rows]
    return published + sorted(view.overlay.bought_by(shopper_pseudonym) - set(published))


def _shown(view: View, ranked: list[Recommendation]) -> list[Suggestion]:
    chosen = {item.product_id: view.assortment.chosen_offer(item.product_id) for item in ranked}
    offers = _offers(view, [offer for offer in chosen.values() if offer is not None])
    evidence = [item.evidence_product_id for item in ranked if item.evidence_product_id is not None]
    titles = _titles(view.published.snapshot, evidence)
    return [
        Suggestion(offers[offer_id], item, titles.get(item.evidence_product_id))
        for item in ranked
        if (offer_id := chosen[item.product_id]) in offers
    ]


def _offers(view: View, offer_ids: list[int]) -> dict[int, ShownOffer]:
    rows = view.published.snapshot.rows(SHOWN_OFFERS, {"offer_ids": offer_ids})
    return {row[0]: _priced_now(ShownOffer(*row), view) for row in rows}


def _priced_now(offer: ShownOffer, view: View) -> ShownOffer:
    live = view.overlay.offers.get(offer.offer_id)
    return offer._replace(price_cents=live.state.price_cents) if live else offer


def _titles(snapshot: Snapshot, product_ids: list[int]) -> dict[int | None, str]:
    if not product_ids:
        return {}
    return dict(snapshot.rows(TITLES, {"product_ids": product_ids}))
