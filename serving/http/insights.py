"""``GET /v1/vendors/{id}/insights``: what a vendor might do next, as the night's cards say it."""

from datetime import date
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from serving.follower import View
from serving.http.asking import UNCHANGED, Freshness, Now, OwnVendor, conditional, etag_of

CARDS = """
-- grain: one card of one vendor, the best first
select
    insights.*,
    offers.image_url,
    offers.title
from insights
left join offers using (offer_id)
where insights.vendor_id = $vendor_id
order by insights.rank
"""

router = APIRouter(tags=["vendors"])


class EffectBody(BaseModel):
    """Cents expected, and the interval that holds the truth nine times in ten."""

    expected_cents: int
    low_cents: int
    high_cents: int


class CardBody(BaseModel):
    """What is the case, why we say so, what it is worth, and one thing to do."""

    kind: Literal["service", "restock", "lost_sales", "price", "slow_stock", "cross_sell"]
    product_id: str | None
    title: str | None
    image_url: str | None
    what: str
    why: str
    action: str
    effect: EffectBody
    effect_meaning: str
    confidence: Literal["high", "medium", "low"]


class VendorInsights(BaseModel):
    """``advised_date`` is the last day of sales that the cards know of; null before the first."""

    vendor_id: str
    currency: str
    advised_date: date | None
    items: list[CardBody]
    freshness: Freshness


MEANINGS = {
    "service": "worth of the waiting orders that would be late at this pace",
    "restock": "sales in 28 days beyond what is in stock",
    "lost_sales": "sales missed in 90 days",
    "price": "more revenue in 28 days",
    "slow_stock": "worth of what lies too long",
    "cross_sell": "more revenue in 28 days",
}


@router.get(
    "/v1/vendors/{vendor_id}/insights",
    response_model=VendorInsights,
    responses=UNCHANGED,
)
def vendor_insights(request: Request, vendor_id: OwnVendor, view: Now) -> Response:
    """Cards with numbers behind them; they are written at night and stand until the next."""
    etag = etag_of(view, "insights", vendor_id)
    return conditional(request, view, etag, partial(_answer, view, vendor_id))


def _answer(view: View, vendor_id: int) -> VendorInsights:
    snapshot = view.published.snapshot
    rows = snapshot.query(CARDS, {"vendor_id": vendor_id}).to_dicts()
    return VendorInsights(
        vendor_id=f"ven_{vendor_id}",
        currency=snapshot.manifest.currency,
        advised_date=rows[0]["advised_date"] if rows else None,
        items=[_card(row) for row in rows],
        freshness=Freshness.of(view),
    )


def _card(row: dict[str, Any]) -> CardBody:
    product_id = row["product_id"]
    return CardBody(
        kind=row["kind"],
        product_id=None if product_id is None else f"prd_{product_id}",
        title=row["title"],
        image_url=row["image_url"],
        what=row["what"],
        why=row["why"],
        action=row["action"],
        effect=EffectBody(
            expected_cents=row["effect_cents"],
            low_cents=row["effect_low_cents"],
            high_cents=row["effect_high_cents"],
        ),
        effect_meaning=MEANINGS[row["kind"]],
        confidence=row["confidence"],
    )
