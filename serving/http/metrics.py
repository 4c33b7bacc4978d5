"""``GET /v1/vendors/{id}/metrics``: live figures beside the same elapsed span before."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from serving import figures, spans
from serving.errors import MetricUnknown
from serving.figures import Comparison, Figure
from serving.follower import View
from serving.http.asking import Freshness, Now, OwnVendor, conditional, etag_of
from serving.spans import Grain, Span
from warehouse.metrics import METRICS, Metric, Unit

DEFAULT_METRICS = "revenue,orders,customers,average_order_value"

router = APIRouter(tags=["vendors"])


class FigureBody(BaseModel):
    """A value with its parts; ``denominator`` is null where the metric is no ratio."""

    value: float | int | None
    numerator: int
    denominator: int | None


class MetricBody(FigureBody):
    id: str
    title: str
    meaning: str
    unit: Unit
    previous: FigureBody
    change: float | None


class RangeBody(BaseModel):
    """Whole days, both included, in the marketplace's time zone."""

    first: date
    last: date
    grain: Grain


class ComparedBody(BaseModel):
    """The span before; ``until`` is where it stops so that both ran equally long (local time)."""

    first: date
    last: date
    until: datetime


class PointBody(BaseModel):
    """One bucket, by its first day, or its first minute (local time) by hour."""

    date: str
    values: dict[str, float | int | None]


class VendorMetrics(BaseModel):
    vendor_id: str
    vendor_name: str
    currency: str
    time_zone: str
    range: RangeBody
    compared_with: ComparedBody
    metrics: list[MetricBody]
    series: list[PointBody]
    last_order_date: date | None
    freshness: Freshness


@router.get(
    "/v1/vendors/{vendor_id}/metrics",
    response_model=VendorMetrics,
    responses={304: {"description": "The client holds this answer already."}},
)
def vendor_metrics(
    request: Request,
    vendor_id: OwnVendor,
    view: Now,
    first: Annotated[str | None, Query(alias="from", description="First day.")] = None,
    last: Annotated[
        str | None, Query(alias="to", description="Last day; today if left out.")
    ] = None,
    grain: Grain = "day",
    metrics: Annotated[str, Query(description="Ids, by comma.", max_length=500)] = DEFAULT_METRICS,
) -> Response:
    """Figures as they are now: the last published snapshot with every fact since laid over it."""
    chosen = _chosen(metrics)
    local_now = view.data_through.astimezone(view.published.zone)
    span = spans.requested(first, last, local_now.date())
    spans.require_countable(span, grain)
    name = view.vendor_name(vendor_id)
    etag = etag_of(view, view.overlay.position_of_vendor(vendor_id), _minute(span, local_now))
    build = partial(_answer, view, vendor_id, name, span, grain, chosen, local_now)
    return conditional(request, view, etag, build)


def _chosen(ids: str) -> list[Metric]:
    wanted = [part.strip() for part in ids.split(",") if part.strip()]
    unknown = [metric_id for metric_id in wanted if metric_id not in METRICS]
    if unknown or not wanted:
        raise MetricUnknown(f"Unknown: {', '.join(unknown) or 'none named'}.", known=list(METRICS))
    return [METRICS[metric_id] for metric_id in dict.fromkeys(wanted)]


def _minute(span: Span, local_now: datetime) -> str:
    """A span that is still running is compared with one that grows: a new answer each minute."""
    return f"{local_now:%m%dT%H%M}" if span.is_open(local_now) else "closed"


def _answer(
    view: View,
    vendor_id: int,
    vendor_name: str,
    span: Span,
    grain: Grain,
    metrics: Sequence[Metric],
    local_now: datetime,
) -> VendorMetrics:
    snapshot, zone = view.published.snapshot, view.published.zone
    live = view.overlay.for_vendor(vendor_id)
    rows = figures.vendor_orders(snapshot, vendor_id, span, live, zone)
    compared = figures.compare(rows, metrics, span, local_now)
    points = figures.series(rows, metrics, span, grain, zone)
    return VendorMetrics(
        vendor_id=f"ven_{vendor_id}",
        vendor_name=vendor_name,
        currency=snapshot.manifest.currency,
        time_zone=snapshot.manifest.time_zone,
        range=RangeBody(first=span.first, last=span.last, grain=grain),
        compared_with=_compared(span, local_now),
        metrics=[_metric(comparison) for comparison in compared],
        series=[PointBody(date=_written(start), values=_values(point)) for start, point in points],
        last_order_date=figures.last_order_date(
            view.published.last_order_dates.get(vendor_id), live, zone
        ),
        freshness=Freshness.of(view),
    )


def _compared(span: Span, local_now: datetime) -> ComparedBody:
    before = span.previous
    return ComparedBody(first=before.first, last=before.last, until=span.previous_end(local_now))


def _metric(comparison: Comparison) -> MetricBody:
    metric = comparison.metric
    return MetricBody(
        id=metric.metric_id,
        title=metric.title,
        meaning=metric.meaning,
        unit=metric.unit,
        previous=FigureBody(**asdict(comparison.before)),
        change=comparison.change,
        **asdict(comparison.now),
    )


def _written(start: date | datetime) -> str:
    return f"{start:%Y-%m-%dT%H:%M}" if isinstance(start, datetime) else start.isoformat()


def _values(point: Mapping[str, Figure]) -> dict[str, float | int | None]:
    return {metric_id: figure.value for metric_id, figure in point.items()}
