"""The metric registry: what each figure means, once, for the API, the pages, notebooks and docs."""

from collections.abc import Iterable

from warehouse.metrics.market import MARKET_METRICS
from warehouse.metrics.metric import Metric, Scope
from warehouse.metrics.sales import SALES_METRICS
from warehouse.metrics.service import SERVICE_METRICS
from warehouse.metrics.stock import STOCK_METRICS
from warehouse.metrics.visits import VISIT_METRICS

# By the subject under which people look for them, in the order in which they are shown.
SUBJECTS = {
    "sales": SALES_METRICS,
    "service": SERVICE_METRICS,
    "visits": VISIT_METRICS,
    "stock": STOCK_METRICS,
    "market": MARKET_METRICS,
}


def _by_id(metrics: Iterable[Metric]) -> dict[str, Metric]:
    return {metric.metric_id: metric for metric in metrics}


METRICS = _by_id(metric for metrics in SUBJECTS.values() for metric in metrics)
SUBJECT_OF = {
    metric.metric_id: subject for subject, metrics in SUBJECTS.items() for metric in metrics
}


def of_scope(scope: Scope) -> dict[str, Metric]:
    return _by_id(metric for metric in METRICS.values() if scope in metric.scopes)
