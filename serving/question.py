"""What was asked for: which metrics, of which days, of one vendor or of the whole market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from serving import figures, spans
from serving.errors import DatesInvalid, MetricUnknown
from serving.figures import Comparison
from serving.follower import View
from serving.spans import Grain, Span
from warehouse.metrics import Metric, Scope, of_scope
from warehouse.metrics.figure import Figure

Points = Sequence[tuple[date | datetime, Mapping[str, Figure]]]


@dataclass(frozen=True)
class Question:
    """`vendor_id` is None for the whole market; `local_now` is how far live figures reach."""

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
        span: Span,
        grain: Grain,
        ids: str,
    ) -> "Question":
        """Raises MetricUnknown, DatesInvalid."""
        local_now = view.local_now
        spans.require_countable(span, grain)
        metrics = _chosen(ids, "market" if vendor_id is None else "vendor")
        if grain == "hour" and not all(_is_live(metric, vendor_id) for metric in metrics):
            raise DatesInvalid("By hour only live metrics of a vendor can be shown.")
        return cls(view, vendor_id, metrics, span, grain, local_now)

    def is_live(self, metric: Metric) -> bool:
        return _is_live(metric, self.vendor_id)

    def answer(self) -> tuple[list[Comparison], Points]:
        """Live metrics from rows with the tail laid over them, all others from the snapshot."""
        live = [metric for metric in self.metrics if self.is_live(metric)]
        settled = [metric for metric in self.metrics if not self.is_live(metric)]
        compared, points = self._settled(settled) if settled else ([], [])
        if live and self.vendor_id is not None:
            now, newest = self._live(live, self.vendor_id)
            compared = [*now, *compared]
            points = _joined(newest, points) if points else newest
        order = [metric.metric_id for metric in self.metrics]
        return sorted(compared, key=lambda found: order.index(found.metric.metric_id)), points

    def _live(self, metrics: Sequence[Metric], vendor_id: int) -> tuple[list[Comparison], Points]:
        snapshot, zone = self.view.published.snapshot, self.view.published.zone
        live = self.view.overlay.for_vendor(vendor_id)
        rows = figures.vendor_orders(snapshot, vendor_id, self.span, live, zone)
        return (
            figures.compare(rows, metrics, self.span, self.local_now),
            figures.series(rows, metrics, self.span, self.grain, zone, self.local_now),
        )

    def _settled(self, metrics: Sequence[Metric]) -> tuple[list[Comparison], Points]:
        snapshot, span, now = self.view.published.snapshot, self.span, self.local_now
        return (
            figures.compare_published(snapshot, metrics, span, self.vendor_id, now),
            figures.series_published(snapshot, metrics, span, self.grain, self.vendor_id, now),
        )


def _chosen(ids: str, scope: Scope) -> list[Metric]:
    known = of_scope(scope)
    wanted = [part.strip() for part in ids.split(",") if part.strip()]
    unknown = [metric_id for metric_id in wanted if metric_id not in known]
    if unknown or not wanted:
        raise MetricUnknown(f"Unknown: {', '.join(unknown) or 'none named'}.", known=list(known))
    return [known[metric_id] for metric_id in dict.fromkeys(wanted)]


def _is_live(metric: Metric, vendor_id: int | None) -> bool:
    return vendor_id is not None and metric.is_live


def _joined(one: Points, other: Points) -> Points:
    return [
        (start, {**left, **right}) for (start, left), (_, right) in zip(one, other, strict=True)
    ]
