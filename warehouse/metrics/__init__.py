"""The metric registry, and how its figures are computed."""

from warehouse.metrics.measure import Measure, Total
from warehouse.metrics.metric import Better, Finest, Metric, Norm, Scope, Unit
from warehouse.metrics.registry import METRICS, SUBJECT_OF, of_scope

__all__ = [
    "METRICS",
    "SUBJECT_OF",
    "Better",
    "Finest",
    "Measure",
    "Metric",
    "Norm",
    "Scope",
    "Total",
    "Unit",
    "of_scope",
]
