"""``GET /v1/vendors/{id}/benchmarks``: a vendor's closed months beside similar shops.

Every vendor of a cohort is shown the same figures: its own are not taken out of them.
"""

from datetime import date
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from serving.follower import View
from serving.http.asking import UNCHANGED, Freshness, Now, OwnVendor, conditional, etag_of
from warehouse.benchmarks.measures import Compared
from warehouse.metrics import METRICS, Unit

NEWEST = """
-- grain: one metric of one vendor, in its newest closed month, with the cohort it may see
with newest as (
    select *
    from benchmark_placements
    where vendor_id = $vendor_id
    qualify row_number() over (partition by metric_id order by period_date desc) = 1
)

select
    newest.*,
    last_day(newest.period_date) as last_date,
    benchmarks.* exclude (period_date, metric_id, cohort)
from newest
left join benchmarks using (period_date, metric_id, cohort)
"""

Band = Literal[
    "lowest_quarter",
    "second_quarter",
    "third_quarter",
    "highest_quarter",
    "below_median",
    "about_median",
    "above_median",
]

router = APIRouter(tags=["vendors"])


class CohortBody(BaseModel):
    """Who is compared: null bounds are open, or the level does not ask for them.

    ``owners_at_least`` counts owners, not their shops. Figures are rounded to ``step``.
    """

    level: Literal["marketplace", "category", "price", "volume"]
    category: str | None
    price_from_cents: int | None
    price_below_cents: int | None
    orders_from: int | None
    orders_below: int | None
    owners_at_least: int
    step: float
    lower_quartile: float | None
    median: float
    upper_quartile: float | None
    mean: float | None


class BenchmarkBody(BaseModel):
    """``cohort`` is null where there are not enough similar shops; months are closed for good."""

    id: str
    title: str
    meaning: str
    unit: Unit
    is_share: bool
    first: date
    last: date
    is_mature: bool
    value: float
    numerator: int
    denominator: int
    is_small: bool
    cohort: CohortBody | None
    band: Band | None


class VendorBenchmarks(BaseModel):
    vendor_id: str
    currency: str
    items: list[BenchmarkBody]
    freshness: Freshness


@router.get(
    "/v1/vendors/{vendor_id}/benchmarks",
    response_model=VendorBenchmarks,
    responses=UNCHANGED,
)
def vendor_benchmarks(request: Request, vendor_id: OwnVendor, view: Now) -> Response:
    """Own figures of the newest closed month, beside the median and quartiles of similar shops."""
    etag = etag_of(view, "benchmarks", vendor_id)
    return conditional(request, view, etag, partial(_answer, view, vendor_id))


def _answer(view: View, vendor_id: int) -> VendorBenchmarks:
    snapshot = view.published.snapshot
    found = {
        row["metric_id"]: row for row in snapshot.query(NEWEST, {"vendor_id": vendor_id}).to_dicts()
    }
    return VendorBenchmarks(
        vendor_id=f"ven_{vendor_id}",
        currency=snapshot.manifest.currency,
        items=[_item(found[metric_id]) for metric_id in METRICS if metric_id in found],
        freshness=Freshness.of(view),
    )


def _item(row: dict[str, Any]) -> BenchmarkBody:
    metric = METRICS[row["metric_id"]]
    cohort = CohortBody.model_validate(row) if row["level"] else None
    return BenchmarkBody(
        id=metric.metric_id,
        title=metric.title,
        meaning=metric.meaning,
        unit=metric.unit,
        is_share=metric.is_share,
        first=row["period_date"],
        last=row["last_date"],
        is_mature=True,
        value=row["value"],
        numerator=row["numerator"],
        denominator=row["denominator"],
        is_small=row["denominator"] < Compared(metric).least_denominator,
        cohort=cohort,
        band=band(row["value"], cohort) if cohort else None,
    )


def band(value: float, cohort: CohortBody) -> Band:
    """Where a value lies by the published figures alone."""
    if abs(value - cohort.median) <= cohort.step / 2:
        return "about_median"
    if cohort.lower_quartile is None or cohort.upper_quartile is None:
        return "below_median" if value < cohort.median else "above_median"
    if value < cohort.lower_quartile:
        return "lowest_quarter"
    if value < cohort.median:
        return "second_quarter"
    return "third_quarter" if value <= cohort.upper_quartile else "highest_quarter"
