"""How figures and their definitions are written in answers."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from serving.figures import Comparison
from serving.http.asking import Freshness
from serving.spans import Grain, Span
from warehouse.metrics import SUBJECT_OF, Better, Finest, Metric, Scope, Unit
from warehouse.metrics.figure import Figure


class FigureBody(BaseModel):
    """A value with its parts; ``denominator`` is null where the metric is no ratio.

    ``interval`` is where a share may lie (95 %, Wilson); ``is_small``: the ratio is of few cases,
    its value not to be trusted; ``is_mature``: the figure will hardly change any more.
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

    @classmethod
    def of(cls, metric: Metric) -> "NormBody | None":
        return cls(kind=metric.norm.kind, value=metric.norm.value) if metric.norm else None


class DefinitionBody(BaseModel):
    """What a metric means; ``formula`` names the marts, their columns and the day that counts.

    ``grain`` is the finest that it can be asked by.
    """

    id: str
    title: str
    subject: str
    meaning: str
    unit: Unit
    formula: str
    numerator: str
    denominator: str | None
    scopes: list[Scope]
    grain: Finest
    window_days: int | None
    maturity_days: int
    better: Better
    norm: NormBody | None
    owner: str
    is_live: bool

    @classmethod
    def of(cls, metric: Metric) -> "DefinitionBody":
        return cls(
            id=metric.metric_id,
            title=metric.title,
            subject=SUBJECT_OF[metric.metric_id],
            meaning=metric.meaning,
            unit=metric.unit,
            formula=metric.formula,
            numerator=str(metric.numerator),
            denominator=f"{metric.denominator}{metric.basis}" if metric.denominator else None,
            grain=metric.grain,
            scopes=sorted(metric.scopes),
            window_days=metric.window_days,
            maturity_days=metric.maturity_days,
            better=metric.better,
            norm=NormBody.of(metric),
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

    @classmethod
    def of(cls, comparison: Comparison, is_live: bool) -> "MetricBody":
        metric = comparison.metric
        return cls(
            id=metric.metric_id,
            title=metric.title,
            meaning=metric.meaning,
            unit=metric.unit,
            is_live=is_live,
            norm=NormBody.of(metric),
            previous=FigureBody(**asdict(comparison.before)),
            change=comparison.change,
            **asdict(comparison.now),
        )


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

    @classmethod
    def of(cls, span: Span, local_now: datetime) -> "ComparedBody":
        before = span.previous
        until = span.previous_end(local_now)
        return cls(first=before.first, last=before.last, until=until)


class PointBody(BaseModel):
    """One bucket, by its first day, or its first minute (local time) by hour.

    ``immature`` are the metrics whose value there may still change, ``small`` those of few cases.
    """

    date: str
    values: dict[str, float | int | None]
    immature: list[str]
    small: list[str]


class MarketMetrics(BaseModel):
    currency: str
    time_zone: str
    range: RangeBody
    compared_with: ComparedBody
    metrics: list[MetricBody]
    series: list[PointBody]
    last_order_date: date | None
    freshness: Freshness


class VendorMetrics(MarketMetrics):
    vendor_id: str
    vendor_name: str


def written(start: date | datetime) -> str:
    """A bucket's beginning: its day, or its minute where buckets are hours."""
    return f"{start:%Y-%m-%dT%H:%M}" if isinstance(start, datetime) else start.isoformat()


def point(start: date | datetime, figures: Mapping[str, Figure]) -> PointBody:
    return PointBody(
        date=written(start),
        values={metric_id: figure.value for metric_id, figure in figures.items()},
        immature=[metric_id for metric_id, figure in figures.items() if not figure.is_mature],
        small=[metric_id for metric_id, figure in figures.items() if figure.is_small],
    )
