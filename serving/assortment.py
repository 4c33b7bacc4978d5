"""What can be bought right now: for each product the offer that a shopper would be given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from serving.overlay import Overlay
from warehouse.snapshot import Snapshot

# The cheapest offer in stock wins; the lower offer id breaks a tie, so that the choice is stable.
CHOSEN_OFFERS = """
-- grain: one product that can be bought
select product_id, arg_min(offer_id, (price_cents, offer_id)) as offer_id
from offers
where offer_status = 'active' and vendor_status = 'active' and available_units > 0
group by product_id
order by product_id
"""

OFFERS_TOUCHED = """
-- grain: one offer of a product that changed since the snapshot
select product_id, offer_id, vendor_id, price_cents, offer_status, vendor_status, available_units
from offers
where product_id in (
    select product_id from offers
    where offer_id in (select unnest($offers)) or vendor_id in (select unnest($vendors))
)
"""


class OfferState(NamedTuple):
    """One offer as it stands now, as far as choosing needs it."""

    product_id: int
    offer_id: int
    vendor_id: int
    price_cents: int
    offer_status: str
    vendor_status: str
    available_units: int

    @property
    def can_be_bought(self) -> bool:
        is_active = self.offer_status == "active" and self.vendor_status == "active"
        return is_active and self.available_units > 0


@dataclass(frozen=True)
class Assortment:
    """Chosen offers: two parallel sorted int64 arrays from the snapshot, and what changed since."""

    product_ids: NDArray[np.int64]
    offer_ids: NDArray[np.int64]
    changed: Mapping[int, int | None] = field(default_factory=dict)

    def chosen_offer(self, product_id: int) -> int | None:
        """The offer a shopper would be given, or None when the product cannot be bought."""
        if product_id in self.changed:
            return self.changed[product_id]
        at = int(np.searchsorted(self.product_ids, product_id))
        is_here = at < len(self.product_ids) and self.product_ids[at] == product_id
        return int(self.offer_ids[at]) if is_here else None

    def available_product_ids(self) -> NDArray[np.int64]:
        """Every product that can be bought, in no particular order."""
        gone = np.fromiter(self.changed, np.int64, len(self.changed))
        here = [product for product, offer in self.changed.items() if offer is not None]
        unchanged = self.product_ids[~np.isin(self.product_ids, gone)]
        return np.concatenate((unchanged, np.array(here, np.int64)))

    def with_changes(self, changed: Mapping[int, int | None]) -> "Assortment":
        return replace(self, changed=changed)


def published(snapshot: Snapshot) -> Assortment:
    """The assortment as the snapshot has it."""
    chosen = snapshot.query(CHOSEN_OFFERS)
    return Assortment(chosen["product_id"].to_numpy(), chosen["offer_id"].to_numpy())


def changes(snapshot: Snapshot, overlay: Overlay) -> dict[int, int | None]:
    """The chosen offer of each product that the overlay touches."""
    if not (overlay.stock or overlay.offers or overlay.vendors):
        return {}
    touched = snapshot.rows(
        OFFERS_TOUCHED,
        {"offers": [*overlay.stock, *overlay.offers], "vendors": list(overlay.vendors)},
    )
    return choose(current(OfferState(*row), overlay) for row in touched)


def choose(offers: Iterable[OfferState]) -> dict[int, int | None]:
    """For each product the cheapest offer that can be bought; None where none can."""
    chosen: dict[int, OfferState | None] = {}
    for offer in offers:
        best = chosen.setdefault(offer.product_id, None)
        if offer.can_be_bought and (best is None or _rank(offer) < _rank(best)):
            chosen[offer.product_id] = offer
    return {product: offer.offer_id if offer else None for product, offer in chosen.items()}


def current(offer: OfferState, overlay: Overlay) -> OfferState:
    """The offer with what changed since the snapshot laid over it."""
    if live_stock := overlay.stock.get(offer.offer_id):
        offer = offer._replace(available_units=live_stock.state.available_units)
    if live_offer := overlay.offers.get(offer.offer_id):
        state = live_offer.state
        offer = offer._replace(price_cents=state.price_cents, offer_status=state.status)
    if live_vendor := overlay.vendors.get(offer.vendor_id):
        offer = offer._replace(vendor_status=live_vendor.state.status)
    return offer


def _rank(offer: OfferState) -> tuple[int, int]:
    return offer.price_cents, offer.offer_id
