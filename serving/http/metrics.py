"""A vendor's and the market's figures, beside the same elapsed span before.

``GET /v1/vendors/{id}/metrics``, ``GET /v1/market/metrics``, both also as ``metrics.csv``, and
``GET /v1/metrics``, which says what each figure means.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from serving import figures, spans
from serving.errors import DatesInvalid, MetricUnknown
from serving.figures import Comparison
from serving.follower import View
from serving.http.asking import (
    Caller,
    Freshness,
    Now,
    Operator,
    OwnVendor,
    conditional,
    etag_of,
)
from serving.spans import Grain, Span
from warehouse.metrics import METRICS, Metric, Scope, Unit, of_scope
from warehouse.metrics.figure import Figure

DEFAULT_METRICS = "revenue,orders,customers,average_order_value"
MARKET_METRICS = "gmv_paid,take_rate,active_vendors,payment_success"

router = APIRouter(tags=["vendors"])


class FigureBody(BaseModel):
    """A value with its parts; ``denominator`` is null where the metric is no ratio.

    ``interval`` is where a share may lie (95 %, Wilson); ``is_small`` asks to read it instead of
    the value; ``is_mature`` says that the figure will hardly change any more.
    """

    value: float | int | None
    numerator: int
    denominator: int | None
    interval: tuple[float, float] | None
    is_small: bool
    is_mature: bool
    is_norm_met: bool | None


class NormBody(BaseModel):
    kind: Literal["at_most", "at_least"]
    value: float


class DefinitionBody(BaseModel):
    """What a metric means; ``formula`` names the marts, their columns and the day that counts."""

    id: str
    title: str
    meaning: str
    unit: Unit
    formula: str
    scopes: list[Scope]
    window_days: int | None
    maturity_days: int
    norm: NormBody | None
    owner: str
    is_live: bool

    @classmethod
    def of(cls, metric: Metric) -> "DefinitionBody":
        return cls(
            id=metric.metric_id,
            title=metric.title,
            meaning=metric.meaning,
            unit=metric.unit,
            formula=metric.formula,
            scopes=sorted(metric.scopes),
            window_days=metric.window_days,
            maturity_days=metric.maturity_days,
            norm=_norm(metric),
            owner=metric.owner,
            is_live=metric.is_live,
        )


class Definitions(BaseModel):
    metrics: list[DefinitionBody]


class MetricBody(FigureBody):
    """A live metric reaches to now, any other to the last day that is over."""

    id: str
    title: str
    meaning: str
    unit: Unit
    is_live: bool
    norm: NormBody | None
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


class MarketMetrics(BaseModel):
    currency: str
    time_zone: str
    range: RangeBody
    compared_with: ComparedBody
    metrics: list[MetricBody]
    series: list[PointBody]
    freshness: Freshness


class VendorMetrics(MarketMetrics):
    vendor_id: str
    vendor_name: str
    last_order_date: date | None


UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client holds this answer already."}
}
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}

First = Annotated[str | None, Query(alias="from", description="First day.")]
Last = Annotated[str | None, Query(alias="to", description="Last day; today if left out.")]
Ids = Annotated[str, Query(description="Ids, by comma.", max_length=500)]


@dataclass(frozen=True)
class Question:
    """What was asked for: which metrics, of which days, of one vendor or of the whole market."""

    view: View
    vendor_id: int | None
    metrics: Sequence[Metric]
    span: Span
    grain: Grain
    local_now: datetime

    @classmethod
    def read(
        cls,
        view: View,
        vendor_id: int | None,
        first: str | None,
        last: str | None,
        grain: Grain,
        ids: str,
    ) -> "Question":
        """Raises MetricUnknown, DatesInvalid."""
        local_now = view.data_through.astimezone(view.published.zone)
        span = spans.requested(first, last, local_now.date())
        spans.require_countable(span, grain)
        metrics = _chosen(ids, "market" if vendor_id is None else "vendor")
        if grain == "hour" and not all(_is_live(metric, vendor_id) for metric in metrics):
            raise DatesInvalid("By hour only live metrics of a vendor can be shown.")
        return cls(view, vendor_id, metrics, span, grain, local_now)

    def etag(self) -> str:
        """A span that is still running is compared with one that grows: new each minute."""
        running = self.span.is_open(self.local_now)
        minute = f"{self.local_now:%m%dT%H%M}" if running else "closed"
        if self.vendor_id is None:
            return etag_of(self.view, "market", minute)
        return etag_of(self.view, self.view.overlay.position_of_vendor(self.vendor_id), minute)


@router.get("/v1/metrics")
def metric_definitions(who: Caller) -> Definitions:
    """Every metric: its formula, unit, norm, and when it is ripe."""
    return Definitions(metrics=[DefinitionBody.of(metric) for metric in METRICS.values()])


@router.get("/v1/vendors/{vendor_id}/metrics", response_model=VendorMetrics, responses=UNCHANGED)
def vendor_metrics(
    request: Request,
    vendor_id: OwnVendor,
    view: Now,
    first: First = None,
    last: Last = None,
    grain: Grain = "day",
    metrics: Ids = DEFAULT_METRICS,
) -> Response:
    """Figures as they are now: the last published snapshot with every fact since laid over it."""
    asked = Question.read(view, vendor_id, first, last, grain, metrics)
    name = view.vendor_name(vendor_id)
    return conditional(request, view, asked.etag(), partial(_of_vendor, asked, vendor_id, name))


@router.get("/v1/vendors/{vendor_id}/metrics.csv", response_class=Response, responses=CSV)
def vendor_metrics_csv(
    vendor_id: OwnVendor,
    view: Now,
    first: First = None,
    last: Last = None,
    grain: Grain = "day",
    metrics: Ids = DEFAULT_METRICS,
) -> Response:
    """The series as a table: one row per bucket, one column per metric, money in cents."""
    asked = Question.read(view, vendor_id, first, last, grain, metrics)
    return _csv(asked, f"ven_{vendor_id}")


@router.get("/v1/market/metrics", response_model=MarketMetrics, responses=UNCHANGED)
def market_metrics(
    request: Request,
    who: Operator,
    view: Now,
    first: First = None,
    last: Last = None,
    grain: Grain = "day",
    metrics: Ids = MARKET_METRICS,
) -> Response:
    """The whole market's figures as the last published snapshot has them, for operators."""
    asked = Question.read(view, None, first, last, grain, metrics)
    return conditional(request, view, asked.etag(), partial(_of_market, asked))


@router.get("/v1/market/metrics.csv", response_class=Response, responses=CSV)
def market_metrics_csv(
    who: Operator,
    view: Now,
    first: First = None,
    last: Last = None,
    grain: Grain = "day",
    metrics: Ids = MARKET_METRICS,
) -> Response:
    """The market's series as a table: one row per bucket, one column per metric."""
    return _csv(Question.read(view, None, first, last, grain, metrics), "market")


def _chosen(ids: str, scope: Scope) -> list[Metric]:
    known = of_scope(scope)
    wanted = [part.strip() for part in ids.split(",") if part.strip()]
    unknown = [metric_id for metric_id in wanted if metric_id not in known]
    if unknown or not wanted:
        raise MetricUnknown(f"Unknown: {', '.join(unknown) or 'none named'}.", known=list(known))
    return [known[metric_id] for metric_id in dict.fromkeys(wanted)]


def _is_live(metric: Metric, vendor_id: int | None) -> bool:
    return vendor_id is not None and metric.is_live


def _of_market(asked: Question) -> MarketMetrics:
    compared, points = _figures(asked, None)
    return MarketMetrics(**_said(asked, compared, points))


def _of_vendor(asked: Question, vendor_id: int, vendor_name: str) -> VendorMetrics:
    view = asked.view
    compared, points = _figures(asked, vendor_id)
    return VendorMetrics(
        vendor_id=f"ven_{vendor_id}",
        vendor_name=vendor_name,
        last_order_date=figures.last_order_date(
            view.published.last_order_dates.get(vendor_id),
            view.overlay.for_vendor(vendor_id),
            view.published.zone,
        ),
        **_said(asked, compared, points),
    )


Points = Sequence[tuple[date | datetime, Mapping[str, Figure]]]


def _figures(asked: Question, vendor_id: int | None) -> tuple[list[Comparison], Points]:
    """Live metrics from rows with the tail laid over them, all others from the snapshot."""
    live = [metric for metric in asked.metrics if _is_live(metric, vendor_id)]
    settled = [metric for metric in asked.metrics if not _is_live(metric, vendor_id)]
    compared, points = _settled(asked, settled, vendor_id) if settled else ([], [])
    if live and vendor_id is not None:
        now, newest = _live(asked, live, vendor_id)
        compared = [*now, *compared]
        points = _joined(newest, points) if points else newest
    order = [metric.metric_id for metric in asked.metrics]
    return sorted(compared, key=lambda found: order.index(found.metric.metric_id)), points


def _live(
    asked: Question, metrics: Sequence[Metric], vendor_id: int
) -> tuple[list[Comparison], Points]:
    snapshot, zone = asked.view.published.snapshot, asked.view.published.zone
    live = asked.view.overlay.for_vendor(vendor_id)
    rows = figures.vendor_orders(snapshot, vendor_id, asked.span, live, zone)
    return (
        figures.compare(rows, metrics, asked.span, asked.local_now),
        figures.series(rows, metrics, asked.span, asked.grain, zone, asked.local_now),
    )


def _settled(
    asked: Question, metrics: Sequence[Metric], vendor_id: int | None
) -> tuple[list[Comparison], Points]:
    snapshot, span, now = asked.view.published.snapshot, asked.span, asked.local_now
    return (
        figures.compare_published(snapshot, metrics, span, vendor_id, now),
        figures.series_published(snapshot, metrics, span, asked.grain, vendor_id, now),
    )


def _joined(one: Points, other: Points) -> Points:
    return [
        (start, {**left, **right}) for (start, left), (_, right) in zip(one, other, strict=True)
    ]


def _said(asked: Question, compared: list[Comparison], points: Points) -> dict[str, Any]:
    manifest, span = asked.view.published.snapshot.manifest, asked.span
    return {
        "currency": manifest.currency,
        "time_zone": manifest.time_zone,
        "range": RangeBody(first=span.first, last=span.last, grain=asked.grain),
        "compared_with": _compared(span, asked.local_now),
        "metrics": [_metric(comparison, asked.vendor_id) for comparison in compared],
        "series": [
            PointBody(date=_written(start), values=_values(point)) for start, point in points
        ],
        "freshness": Freshness.of(asked.view),
    }


def _compared(span: Span, local_now: datetime) -> ComparedBody:
    before = span.previous
    return ComparedBody(first=before.first, last=before.last, until=span.previous_end(local_now))


def _metric(comparison: Comparison, vendor_id: int | None) -> MetricBody:
    metric = comparison.metric
    return MetricBody(
        id=metric.metric_id,
        title=metric.title,
        meaning=metric.meaning,
        unit=metric.unit,
        is_live=_is_live(metric, vendor_id),
        norm=_norm(metric),
        previous=FigureBody(**asdict(comparison.before)),
        change=comparison.change,
        **asdict(comparison.now),
    )


def _norm(metric: Metric) -> NormBody | None:
    return NormBody(kind=metric.norm.kind, value=metric.norm.value) if metric.norm else None


def _written(start: date | datetime) -> str:
    return f"{start:%Y-%m-%dT%H:%M}" if isinstance(start, datetime) else start.isoformat()


def _values(point: Mapping[str, Figure]) -> dict[str, float | int | None]:
    return {metric_id: figure.value for metric_id, figure in point.items()}


def _csv(asked: Question, name: str) -> Response:
    ids = [metric.metric_id for metric in asked.metrics]
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["date", *ids])
    for start, point in _figures(asked, asked.vendor_id)[1]:
        writer.writerow([_written(start), *(point[metric_id].value for metric_id in ids)])
    span = asked.span
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{span.first}-{span.last}.csv"',
        "Cache-Control": "private, no-cache",
        "Data-Through": asked.view.data_through.isoformat(),
    }
    return Response(table.getvalue(), headers=headers, media_type="text/csv")
