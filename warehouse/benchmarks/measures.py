"""Which metrics are compared among vendors: rates and indices of the registry, never levels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.metrics import METRICS, Measure, Metric, Total

LEAST_DENOMINATOR = 10
SMALLEST_STEPS: Mapping[str, float] = {"cents": 1.0, "ratio": 0.005}


@dataclass(frozen=True)
class Compared:
    """A metric of the registry, as it is compared month by month."""

    metric: Metric

    @property
    def metric_id(self) -> str:
        return self.metric.metric_id

    @property
    def smallest_step(self) -> float:
        """In the metric's unit: what figures are rounded to where they are close to zero."""
        return SMALLEST_STEPS[self.metric.unit]

    def mature_on(self, month_end: date) -> date:
        """The first day on which a month's figure will hardly change any more."""
        return month_end + timedelta(days=self.metric.maturity_days + 1)

    def sql(self) -> str:
        """SQL for numerator and denominator by vendor over the days from $first to $last."""
        numerator, denominator = self.metric.parts("vendor")
        assert denominator is not None, "only ratios are compared"
        return f"""
            select vendor_id, {_sum("numerator", numerator)} as numerator,
                   {_sum("denominator", denominator)} as denominator
            from ({" union all ".join(_rows(numerator, denominator))})
            group by vendor_id
        """


COMPARED = tuple(
    Compared(METRICS[metric_id])
    for metric_id in (
        "average_order_value",
        "units_per_order",
        "conversion",
        "repeat_rate",
        "late_shipment_30d",
        "cancellation_rate",
        "return_rate",
    )
)


def _sum(part: str, total: Total) -> str:
    plus = " + ".join(_value(part, "plus", place) for place in range(len(total.plus)))
    minus = "".join(f" - {_value(part, 'minus', place)}" for place in range(len(total.minus)))
    return f"({plus}{minus})"


def _value(part: str, side: str, place: int) -> str:
    return f"coalesce(sum(value) filter (where part = '{part}.{side}.{place}'), 0)::bigint"


def _rows(numerator: Total, denominator: Total) -> list[str]:
    return [
        _row(f"{part}.{side}.{place}", measure)
        for part, total in (("numerator", numerator), ("denominator", denominator))
        for side, measures in (("plus", total.plus), ("minus", total.minus))
        for place, measure in enumerate(measures)
    ]


def _row(part: str, measure: Measure) -> str:
    return f"""
        select vendor_id, '{part}' as part, {measure.sql()} as value
        from marts.{measure.mart} where {measure.day} between $first and $last group by vendor_id
    """
