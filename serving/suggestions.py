"""Ranked products as a shopper sees them: which offer of each, arranged by the policy, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from models.policy import POLICY, Candidate, Policy, arrange
from serving.follower import View
from warehouse.snapshot import Snapshot

Reason = Literal["bought", "viewed", "popular", "similar", "together", "carted"]

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


class Pick(NamedTuple):
    """A product that something speaks for; the evidence is the product that does."""

    product_id: int
    score: float
    reason: Reason
    evidence_product_id: int | None


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
    why: Pick
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
            case "similar":
                return f"Similar to {evidence}"
            case "together":
                return f"Often bought together with {evidence}"
            case "carted":
                return f"Goes with {evidence} in your cart"
            case "popular":
                return "Popular in the market"


def shown(
    view: View,
    ranked: Sequence[Pick],
    k: int,
    policy: Policy = POLICY,
    *,
    own_vendors: Collection[int] = (),
    unseen_vendors: Collection[int] = (),
) -> list[Suggestion]:
    """Up to `k` of what is ranked and can be bought, as the policy arranges it."""
    found = _found(view, ranked)
    candidates = [_candidate(view, offer) for offer, _ in found.values()]
    places = arrange(candidates, k, policy, own_vendors=own_vendors, unseen_vendors=unseen_vendors)
    arranged = [found[one.product_id] for one in places]
    evidence = {why.evidence_product_id for _, why in arranged} - {None}
    known = titles(view.published.snapshot, [product for product in evidence if product])
    return [Suggestion(offer, why, known.get(why.evidence_product_id)) for offer, why in arranged]


def titles(snapshot: Snapshot, product_ids: list[int]) -> dict[int | None, str]:
    """Of those products that are published."""
    return dict(snapshot.rows(TITLES, {"product_ids": product_ids})) if product_ids else {}


def _found(view: View, ranked: Sequence[Pick]) -> dict[int, tuple[ShownOffer, Pick]]:
    """By product, best first: the offer that a shopper would be given now, and why it is shown."""
    chosen = {pick.product_id: view.assortment.chosen_offer(pick.product_id) for pick in ranked}
    offers = _offers(view, [offer for offer in chosen.values() if offer is not None])
    return {
        pick.product_id: (offers[offer_id], pick)
        for pick in ranked
        if (offer_id := chosen[pick.product_id]) in offers
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
