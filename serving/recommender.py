"""Recommendations: the live model's ranking of what can be bought now, each with its reason."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from models import artifacts
from models.arrays import Mask
from models.errors import ArtifactMissing
from models.policy import Candidate, arrange
from models.recommendations import K_AT_MOST, KIND, Recommendation, Recommendations
from serving.assortment import Assortment
from serving.follower import View
from serving.recent_behaviour import RecentBehaviour
from warehouse.snapshot import Snapshot

FALLBACK = "popularity-fallback"
FALLBACK_DAYS = 90
FALLBACK_PRODUCTS = 2_000  # more than k and what one shopper has bought of them
UNSEEN_DAYS = 28
UNSEEN_BELOW = 0.1  # of the views of a vendor on average
POOL_LEAST = 100
POOL_TIMES = 5  # as many candidates as places, so that the policy has a choice
SECONDS_PER_DAY = 86_400

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
select product_id, max(epoch(placed_at)) as bought_at
from vendor_orders
join recent_order_items using (vendor_order_id)
where shopper_pseudonym = $shopper_pseudonym and is_counted
group by product_id
order by max(placed_at), product_id
"""

UNSEEN_VENDORS = """
-- grain: one vendor with something to sell whom hardly anybody looked at
with selling as (
    select distinct vendor_id
    from offers
    where offer_status = 'active' and vendor_status = 'active' and available_units > 0
),

looked_at as (
    select vendor_id, sum(views) as views
    from product_daily
    where order_date > (select max(order_date) from product_daily) - to_days($days)
    group by vendor_id
),

final as (
    select
        vendor_id,
        coalesce(views, 0) as views,
        avg(coalesce(views, 0)) over () as mean_views
    from selling
    left join looked_at using (vendor_id)
)

select vendor_id from final where views < $share * mean_views
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


class Told(NamedTuple):
    """What a snapshot says of the whole market."""

    most_ordered: list[int]
    unseen_vendors: frozenset[int]

    @classmethod
    def by(cls, snapshot: Snapshot) -> Self:
        popular = snapshot.rows(POPULAR, {"days": FALLBACK_DAYS, "products": FALLBACK_PRODUCTS})
        unseen = snapshot.rows(UNSEEN_VENDORS, {"days": UNSEEN_DAYS, "share": UNSEEN_BELOW})
        return cls(
            [product for product, _units in popular], frozenset(vendor for (vendor,) in unseen)
        )


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

    def suggest(self, view: View, shopper_pseudonym: int | None, k: int) -> Suggestions:
        """The ``k`` best products that can be bought now, as the policy arranges them.

        What was bought before comes back only where its category is bought again, and not too soon.
        """
        model, now = self._live(), self._clock()
        today, recent = now / SECONDS_PER_DAY, self._recent()
        viewed = recent.products(shopper_pseudonym, now) if recent else []
        bought = _bought_lately(view, shopper_pseudonym, today)
        told = self._told_by(view.published.snapshot)
        pool = min(max(POOL_LEAST, POOL_TIMES * k), K_AT_MOST)
        if model is None:
            ranked = _by_popularity(view, told.most_ordered, bought, pool)
            items = _shown(view, ranked, k, told.unseen_vendors)
            return Suggestions(FALLBACK, None, bool(bought), items)
        ranked = model.for_shopper(
            shopper_pseudonym,
            pool,
            available=self._in_stock(model, view.assortment),
            today=today,
            recent_purchases=bought,
            recent_views=viewed,
        )
        is_known = bool(bought or viewed) or (
            shopper_pseudonym is not None and model.knows(shopper_pseudonym)
        )
        items = _shown(view, ranked, k, told.unseen_vendors)
        return Suggestions(model.recipe, model.version, is_known, items)

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


def _by_popularity(
    view: View, most_ordered: Sequence[int], bought: Collection[int], pool: int
) -> list[Recommendation]:
    left = [
        product
        for product in most_ordered
        if product not in bought and view.assortment.chosen_offer(product) is not None
    ]
    return [
        Recommendation(product, 1 / rank, "popular", None)
        for rank, product in enumerate(left[:pool], start=1)
    ]


def _bought_lately(view: View, shopper_pseudonym: int | None, today: float) -> dict[int, float]:
    """The day since 1970 of the last purchase of each product."""
    if shopper_pseudonym is None:
        return {}
    rows = view.published.snapshot.rows(BOUGHT_LATELY, {"shopper_pseudonym": shopper_pseudonym})
    published = {product: at / SECONDS_PER_DAY for product, at in rows}
    return published | dict.fromkeys(view.overlay.bought_by(shopper_pseudonym), today)


def _shown(
    view: View, ranked: list[Recommendation], k: int, unseen_vendors: Collection[int]
) -> list[Suggestion]:
    found = _found(view, ranked)
    candidates = [_candidate(view, offer) for offer, _ in found.values()]
    arranged = [
        found[one.product_id] for one in arrange(candidates, k, unseen_vendors=unseen_vendors)
    ]
    evidence = {why.evidence_product_id for _, why in arranged} - {None}
    titles = _titles(view.published.snapshot, [product for product in evidence if product])
    return [Suggestion(offer, why, titles.get(why.evidence_product_id)) for offer, why in arranged]


def _found(
    view: View, ranked: list[Recommendation]
) -> dict[int, tuple[ShownOffer, Recommendation]]:
    """By product, best first: the offer that a shopper would be given now, and why it is shown."""
    chosen = {item.product_id: view.assortment.chosen_offer(item.product_id) for item in ranked}
    offers = _offers(view, [offer for offer in chosen.values() if offer is not None])
    return {
        item.product_id: (offers[offer_id], item)
        for item in ranked
        if (offer_id := chosen[item.product_id]) in offers
    }


def _candidate(view: View, offer: ShownOffer) -> Candidate:
    is_here = view.assortment.chosen_offer(offer.product_id) == offer.offer_id
    vendor = view.overlay.vendors.get(offer.vendor_id)
    is_active = vendor is None or vendor.state.status == "active"
    return Candidate(offer.product_id, offer.vendor_id, offer.category, is_here, is_active)


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
