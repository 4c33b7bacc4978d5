"""``GET /v1/vendors/{id}/customers``: how a vendor's shoppers come, come back and buy together."""

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from serving import customers
from serving.customers import STEPS, Cohort
from serving.follower import View
from serving.http.asking import (
    UNCHANGED,
    AskedSpan,
    Freshness,
    Now,
    OwnVendor,
    conditional,
    etag_of,
)
from serving.spans import Span

MOST_PAIRS = 10
MOST_MONTHS = 24

Segment = Literal["new", "one_time", "lost", "champions", "loyal", "at_risk", "hibernating"]
MEANINGS: dict[Segment, str] = {
    "champions": "bought often, and lately",
    "loyal": "bought more than once, not long ago",
    "new": "bought once, lately",
    "at_risk": "bought more than once, but not for a while",
    "one_time": "bought once, a while ago",
    "hibernating": "bought more than once, long ago",
    "lost": "bought once, long ago",
}

router = APIRouter(tags=["vendors"])


class StepBody(BaseModel):
    """Sessions that reached a step; ``of_sessions`` is their share of all that met the vendor."""

    step: Literal["impression", "click", "view", "cart", "order"]
    sessions: int
    of_sessions: float | None


class FunnelBody(BaseModel):
    """Of the days that are over. A session counts once per step and day that it reached it."""

    first: date
    last: date
    sessions: int
    steps: list[StepBody]


class CohortBody(BaseModel):
    """``returned`` counts, from the first month after on, who of ``customers`` bought again."""

    month: date
    customers: int
    returned: list[int]

    @classmethod
    def of(cls, cohort: Cohort) -> "CohortBody":
        return cls(month=cohort.month, customers=cohort.customers, returned=list(cohort.returned))


class SegmentBody(BaseModel):
    """Customers by recency and frequency (RFM), each compared with the vendor's other ones."""

    segment: Segment
    meaning: str
    customers: int
    orders: int
    sales_cents: int


class PairBody(BaseModel):
    """``lift`` is how many times more often both are in one order than chance would have it.

    ``is_other_own`` is false where another vendor sells the second one.
    """

    product_id: str
    title: str
    other_product_id: str
    other_title: str
    is_other_own: bool
    both_orders: int
    product_orders: int
    lift: float


class VendorCustomers(BaseModel):
    vendor_id: str
    currency: str
    funnel: FunnelBody
    cohorts: list[CohortBody]
    segments: list[SegmentBody]
    pairs: list[PairBody]
    freshness: Freshness


Months = Annotated[int, Query(ge=1, le=MOST_MONTHS, description="How many cohorts.")]


@router.get(
    "/v1/vendors/{vendor_id}/customers",
    response_model=VendorCustomers,
    responses=UNCHANGED,
)
def vendor_customers(
    request: Request,
    vendor_id: OwnVendor,
    view: Now,
    span: AskedSpan,
    months: Months = 12,
) -> Response:
    """The funnel of a span, cohorts by month of first order, RFM segments, pairs of products."""
    build = partial(_answer, view, vendor_id, span, months)
    return conditional(request, view, etag_of(view, "customers", vendor_id, view.today), build)


def _answer(view: View, vendor_id: int, span: Span, months: int) -> VendorCustomers:
    snapshot = view.published.snapshot
    # Of months after the market's last order nobody knows who came back.
    through = view.published.last_order_date or view.today
    known = {row["segment"]: row for row in customers.segments(snapshot, vendor_id)}
    return VendorCustomers(
        vendor_id=f"ven_{vendor_id}",
        currency=snapshot.manifest.currency,
        funnel=_funnel(customers.funnel(snapshot, vendor_id, span), span),
        cohorts=[
            CohortBody.of(cohort)
            for cohort in customers.cohorts(snapshot, vendor_id, through, months)
        ],
        segments=[
            SegmentBody(meaning=meaning, **known[segment])
            for segment, meaning in MEANINGS.items()
            if segment in known
        ],
        pairs=[_pair(row) for row in customers.pairs(snapshot, vendor_id, MOST_PAIRS)],
        freshness=Freshness.of(view),
    )


def _funnel(reached: dict[str, int], span: Span) -> FunnelBody:
    sessions = reached["sessions"]
    return FunnelBody(
        first=span.first,
        last=span.last,
        sessions=sessions,
        steps=[
            StepBody.model_validate(
                {
                    "step": step,
                    "sessions": reached[step],
                    "of_sessions": reached[step] / sessions if sessions else None,
                }
            )
            for step in STEPS
        ],
    )


def _pair(row: dict[str, Any]) -> PairBody:
    ids = {name: f"prd_{row[name]}" for name in ("product_id", "other_product_id")}
    return PairBody(**(row | ids))
