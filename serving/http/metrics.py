"""A vendor's and the market's figures, beside the same elapsed span before.

``GET /v1/vendors/{id}/metrics``, ``GET /v1/market/metrics``, both also as ``metrics.csv``, and
``GET /v1/metrics``, which says what each figure means.
"""

import csv
import io
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from serving import figures
from serving.http.asking import (
    UNCHANGED,
    AskedSpan,
    Caller,
    Freshness,
    Now,
    Operator,
    OwnVendor,
    conditional,
    etag_of,
)
from serving.http.metric_bodies import (
    ComparedBody,
    DefinitionBody,
    Definitions,
    MarketMetrics,
    MetricBody,
    RangeBody,
    VendorMetrics,
    point,
    written,
)
from serving.question import Question
from serving.spans import Grain
from warehouse.metrics import METRICS

DEFAULT_METRICS = "revenue,orders,customers,average_order_value"
MARKET_METRICS = "gmv_paid,take_rate,active_vendors,payment_success"

router = APIRouter(tags=["vendors"])

CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}

Ids = Annotated[str, Query(description="Ids, by comma.", max_length=500)]


@router.get("/v1/metrics")
def metric_definitions(who: Caller) -> Definitions:
    """Every metric: its formula, unit, norm, and when it is ripe."""
    return Definitions(metrics=[DefinitionBody.of(metric) for metric in METRICS.values()])


@router.get("/v1/vendors/{vendor_id}/metrics", response_model=VendorMetrics, responses=UNCHANGED)
def vendor_metrics(
    request: Request,
    vendor_id: OwnVendor,
    view: Now,
    span: AskedSpan,
    grain: Grain = "day",
    metrics: Ids = DEFAULT_METRICS,
) -> Response:
    """Figures as they are now: the last published snapshot with every fact since laid over it."""
    asked = Question.read(view, vendor_id, span, grain, metrics)
    name = view.vendor_name(vendor_id)
    return conditional(request, view, _etag(asked), partial(_of_vendor, asked, vendor_id, name))


@router.get("/v1/vendors/{vendor_id}/metrics.csv", response_class=Response, responses=CSV)
def vendor_metrics_csv(
    vendor_id: OwnVendor,
    view: Now,
    span: AskedSpan,
    grain: Grain = "day",
    metrics: Ids = DEFAULT_METRICS,
) -> Response:
    """The series as a table: one row per bucket, one column per metric, money in cents."""
    asked = Question.read(view, vendor_id, span, grain, metrics)
    return _csv(asked, f"ven_{vendor_id}")


@router.get("/v1/market/metrics", response_model=MarketMetrics, responses=UNCHANGED)
def market_metrics(
    request: Request,
    who: Operator,
    view: Now,
    span: AskedSpan,
    grain: Grain = "day",
    metrics: Ids = MARKET_METRICS,
) -> Response:
    """The whole market's figures as the last published snapshot has them, for operators."""
    asked = Question.read(view, None, span, grain, metrics)
    return conditional(request, view, _etag(asked), partial(_of_market, asked))


@router.get("/v1/market/metrics.csv", response_class=Response, responses=CSV)
def market_metrics_csv(
    who: Operator,
    view: Now,
    span: AskedSpan,
    grain: Grain = "day",
    metrics: Ids = MARKET_METRICS,
) -> Response:
    """The market's series as a table: one row per bucket, one column per metric."""
    return _csv(Question.read(view, None, span, grain, metrics), "market")


def _etag(asked: Question) -> str:
    """A span that is still running is compared with one that grows: new each minute."""
    running = asked.span.is_open(asked.local_now)
    minute = f"{asked.local_now:%m%dT%H%M}" if running else "closed"
    if asked.vendor_id is None:
        return etag_of(asked.view, "market", minute)
    return etag_of(asked.view, asked.view.overlay.position_of_vendor(asked.vendor_id), minute)


def _of_market(asked: Question) -> MarketMetrics:
    return MarketMetrics(last_order_date=asked.view.published.last_order_date, **_said(asked))


def _of_vendor(asked: Question, vendor_id: int, vendor_name: str) -> VendorMetrics:
    view = asked.view
    return VendorMetrics(
        vendor_id=f"ven_{vendor_id}",
        vendor_name=vendor_name,
        last_order_date=figures.last_order_date(
            view.published.last_order_dates.get(vendor_id),
            view.overlay.for_vendor(vendor_id),
            view.published.zone,
        ),
        **_said(asked),
    )


def _said(asked: Question) -> dict[str, Any]:
    manifest, span = asked.view.published.snapshot.manifest, asked.span
    compared, points = asked.answer()
    return {
        "currency": manifest.currency,
        "time_zone": manifest.time_zone,
        "range": RangeBody(first=span.first, last=span.last, grain=asked.grain),
        "compared_with": ComparedBody.of(span, asked.local_now),
        "metrics": [MetricBody.of(found, asked.is_live(found.metric)) for found in compared],
        "series": [point(start, found) for start, found in points],
        "freshness": Freshness.of(asked.view),
    }


def _csv(asked: Question, name: str) -> Response:
    ids = [metric.metric_id for metric in asked.metrics]
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["date", *ids])
    for start, found in asked.answer()[1]:
        writer.writerow([written(start), *(found[metric_id].value for metric_id in ids)])
    span = asked.span
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{span.first}-{span.last}.csv"',
        "Cache-Control": "private, no-cache",
        "Data-Through": asked.view.data_through.isoformat(),
    }
    return Response(table.getvalue(), headers=headers, media_type="text/csv")
