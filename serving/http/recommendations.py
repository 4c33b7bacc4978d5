"""What a shopper may like and can buy now: at home, beside a product, with a cart, and again.

``GET /v1/recommendations``, with ``/cart`` and ``/buy-again``, and beside a product
``GET /v1/products/{id}/similar`` and ``/bought-together``.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from serving.errors import RoleNotAllowed, ShopperUnclear
from serving.follower import View
from serving.http.asking import Caller, Now, Parts, ProductId, product_number
from serving.recommender import Shopper, Suggestions
from serving.suggestions import Reason, Suggestion
from serving.tokens import Principal

K_AT_MOST = 200
K_DEFAULT = 20
CART_AT_MOST = 50
PSEUDONYM_AT_MOST = 2**63 - 1

Length = Annotated[int, Query(ge=1, le=K_AT_MOST)]

router = APIRouter(tags=["recommendations"])


class ReasonBody(BaseModel):
    """Why: the product that carried the score, bought, viewed or in the cart; or popularity."""

    kind: Reason
    text: str
    evidence_product_id: str | None


class ItemBody(BaseModel):
    rank: int
    product_id: str
    offer_id: str
    vendor_id: str
    vendor_name: str
    title: str
    brand: str | None
    category: str | None
    image_url: str | None
    price_cents: int
    score: float
    reason: ReasonBody


class RecommendationsBody(BaseModel):
    """``list_id`` names this list in the impressions and clicks that follow from it."""

    list_id: UUID
    model: str
    model_version: str | None
    is_known_shopper: bool
    snapshot_id: str
    data_through: datetime
    currency: str
    items: list[ItemBody]


def not_a_vendor(who: Caller) -> Principal:
    """Raises RoleNotAllowed."""
    if who.role == "vendor":
        raise RoleNotAllowed("Recommendations are for shoppers; a vendor's token opens none.")
    return who


Asker = Annotated[Principal, Depends(not_a_vendor)]


def asking(who: Principal) -> Shopper:
    """The one whose token it is; nobody known where it is no shopper's."""
    return Shopper(who.shopper_pseudonym, who.own_vendors)


def for_whom(
    who: Asker,
    shopper: Annotated[str | None, Query(description="A shopper's own id, like shp_3.")] = None,
    shopper_pseudonym: Annotated[
        int | None,
        Query(
            ge=0,
            le=PSEUDONYM_AT_MOST,
            description="For operators and services: shopper or visitor.",
        ),
    ] = None,
) -> Shopper:
    """Whom to answer for. Raises RoleNotAllowed or ShopperUnclear."""
    if who.role != "shopper":
        if shopper is not None:
            raise ShopperUnclear
        return Shopper(shopper_pseudonym)
    if shopper not in (None, who.sub) or shopper_pseudonym not in (None, who.shopper_pseudonym):
        raise RoleNotAllowed("A shopper's token answers for that shopper only.")
    return asking(who)


ForWhom = Annotated[Shopper, Depends(for_whom)]


@router.get("/v1/recommendations")
def recommendations(
    shopper: ForWhom, parts: Parts, view: Now, k: Length = K_DEFAULT
) -> RecommendationsBody:
    """A shopper's token answers for that shopper; without any history, what is popular."""
    return _body(view, parts.recommender.suggest(view, shopper, k))


@router.get("/v1/recommendations/cart")
def cart_recommendations(
    shopper: ForWhom,
    parts: Parts,
    view: Now,
    product: Annotated[
        list[str],
        Query(
            min_length=1,
            max_length=CART_AT_MOST,
            description="What lies in the cart, repeated, the latest last; like prd_7.",
        ),
    ],
    k: Length = K_DEFAULT,
) -> RecommendationsBody:
    """What goes with a cart and the shopper's history, and is not in the cart."""
    cart = [product_number(one) for one in product]
    return _body(view, parts.recommender.suggest(view, shopper, k, cart))


@router.get("/v1/recommendations/buy-again")
def buy_again(
    shopper: ForWhom, parts: Parts, view: Now, k: Length = K_DEFAULT
) -> RecommendationsBody:
    """What the shopper bought, is bought again by people, and is due; nothing for a stranger."""
    return _body(view, parts.recommender.again(view, shopper, k))


@router.get("/v1/products/{product_id}/similar")
def similar_products(
    who: Asker, product_id: ProductId, parts: Parts, view: Now, k: Length = K_DEFAULT
) -> RecommendationsBody:
    """What else to look at beside a product, whoever looks."""
    return _body(view, parts.recommender.similar(view, asking(who), product_id, k))


@router.get("/v1/products/{product_id}/bought-together")
def bought_together(
    who: Asker, product_id: ProductId, parts: Parts, view: Now, k: Length = K_DEFAULT
) -> RecommendationsBody:
    """What lies in the same orders more often than by chance, in at least three of a year."""
    return _body(view, parts.recommender.together(view, asking(who), product_id, k))


def _body(view: View, found: Suggestions) -> RecommendationsBody:
    manifest = view.published.snapshot.manifest
    return RecommendationsBody(
        list_id=uuid4(),
        model=found.model,
        model_version=found.model_version,
        is_known_shopper=found.is_known_shopper,
        snapshot_id=manifest.snapshot_id,
        data_through=view.data_through,
        currency=manifest.currency,
        items=[_item(rank, item) for rank, item in enumerate(found.items, start=1)],
    )


def _item(rank: int, item: Suggestion) -> ItemBody:
    offer, evidence = item.offer, item.why.evidence_product_id
    return ItemBody(
        rank=rank,
        product_id=f"prd_{offer.product_id}",
        offer_id=f"off_{offer.offer_id}",
        vendor_id=f"ven_{offer.vendor_id}",
        vendor_name=offer.vendor_name,
        title=offer.title,
        brand=offer.brand,
        category=offer.category,
        image_url=offer.image_url,
        price_cents=offer.price_cents,
        score=item.why.score,
        reason=ReasonBody(
            kind=item.why.reason,
            text=item.reason,
            evidence_product_id=None if evidence is None else f"prd_{evidence}",
        ),
    )
