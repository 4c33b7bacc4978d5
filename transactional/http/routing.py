"""The route that ranks the offers of a product, and says why."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from transactional.catalogue import products
from transactional.checkout import candidates
from transactional.checkout.carts import LARGEST_QUANTITY
from transactional.checkout.routing import Obstacle, Ranked, Score
from transactional.http.market import Running
from transactional.http.wire import Answer, Country, OfferId, ProductId, VariantId, VendorId

router = APIRouter(tags=["catalogue"])


class OfferScore(Answer):
    """What the offer costs the shopper in all, in cents: the lowest total is chosen."""

    price_cents: int
    shipping_cents: int
    waiting_cents: int
    unreliability_cents: int
    total_cents: int
    latest_date: date | None


class RankedOffer(Answer):
    offer_id: OfferId
    vendor_id: VendorId
    variant_id: VariantId | None
    available_units: int
    is_chosen: bool
    obstacle: Obstacle | None
    why: str
    score: OfferScore | None


class RankedOffers(Answer):
    """The cheapest hundred at most, the best first."""

    product_id: ProductId
    quantity: int
    data: list[RankedOffer]


@router.get("/v1/products/{product_id}/offers")
def rank_offers(
    product_id: ProductId,
    market: Running,
    variant: Annotated[VariantId | None, Query()] = None,
    quantity: Annotated[int, Query(ge=1, le=LARGEST_QUANTITY)] = 1,
    country: Annotated[Country | None, Query()] = None,
) -> RankedOffers:
    """The offers that compete for a cart line which names only this product (and variant)."""
    with market.database.transaction() as connection:
        products.read(connection, product_id)
        ranked = candidates.ranking(
            connection, product_id, variant, quantity, country, market.clock()
        )
    data = [_ranked(each) for each in ranked]
    return RankedOffers.of({"product_id": product_id, "quantity": quantity, "data": data})


def _ranked(ranked: Ranked) -> dict[str, Any]:
    offer = ranked.candidate.offer
    return {
        "offer_id": offer.offer_id,
        "vendor_id": offer.vendor_id,
        "variant_id": offer.variant_id,
        "available_units": ranked.candidate.offer.available_units,
        "is_chosen": ranked.is_chosen,
        "obstacle": ranked.obstacle,
        "why": ranked.why,
        "score": None if ranked.score is None else _score(ranked.score),
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "price_cents": score.price_cents,
        "shipping_cents": score.shipping_cents,
        "waiting_cents": score.waiting_cents,
        "unreliability_cents": score.unreliability_cents,
        "total_cents": score.total_cents,
        "latest_date": score.latest_date,
    }
