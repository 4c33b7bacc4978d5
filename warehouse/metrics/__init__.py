"""The metric registry, and how its figures are computed."""

from warehouse.metrics.measure import Measure, Total
from warehouse.metrics.registry import METRICS, Metric, Norm, Scope, Unit, of_scope

__all__ = ["METRICS", "Measure", "Metric", "Norm", "Scope", "Total", "Unit", "of_scope"]
