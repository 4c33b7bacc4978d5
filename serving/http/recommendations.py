"""``GET /v1/recommendations``: what a shopper may like, can buy now, and has not bought yet."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from pydantic import BaseModel

from serving.errors import RoleNotAllowed, ShopperUnclear
from serving.http.asking import Caller, Now, Parts
from serving.recommender import Suggestion
from serving.tokens import Principal

K_AT_MOST = 200
K_DEFAULT = 20
PSEUDONYM_AT_MOST = 2**63 - 1

router = APIRouter(tags=["recommendations"])


class ReasonBody(BaseModel):
    """Why: the bought or viewed product that carried the score, or popularity."""

    kind: Literal["bought", "viewed", "popular"]
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


@router.get("/v1/recommendations")
def recommendations(
    who: Caller,
    parts: Parts,
    view: Now,
    shopper: Annotated[str | None, Query(description="A shopper's own id, like shp_3.")] = None,
    shopper_pseudonym: Annotated[
        int | None,
        Query(
            ge=0,
            le=PSEUDONYM_AT_MOST,
            description="For operators and services: shopper or visitor.",
        ),
    ] = None,
    k: Annotated[int, Query(ge=1, le=K_AT_MOST)] = K_DEFAULT,
) -> RecommendationsBody:
    """A shopper's token answers for that shopper; without any history, what is popular."""
    pseudonym = _for_whom(who, shopper, shopper_pseudonym)
    found = parts.recommender.suggest(view, pseudonym, k)
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


def _for_whom(who: Principal, shopper: str | None, pseudonym: int | None) -> int | None:
    if who.role == "vendor":
        raise RoleNotAllowed("Recommendations are for shoppers; a vendor's token opens none.")
    if who.role != "shopper":
        if shopper is not None:
            raise ShopperUnclear
        return pseudonym
    if shopper not in (None, who.sub) or pseudonym not in (None, who.shopper_pseudonym):
        raise RoleNotAllowed("A shopper's token answers for that shopper only.")
    return who.shopper_pseudonym


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
