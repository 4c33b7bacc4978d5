"""Which metrics are compared among vendors: rates and indices of the registry, never levels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.metrics import METRICS, Measure, Metric, Total
from warehouse.metrics.figure import Days

LEAST_COUNT = 10
LEAST_CENTS = 10_000
SMALLEST_STEPS: Mapping[str, float] = {"cents": 1.0, "count": 0.005, "ratio": 0.005}


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

    @property
    def least_denominator(self) -> int:
        """Below it a figure says little: it counts for nobody, and is shown as small."""
        return LEAST_CENTS if self.metric.is_growth else LEAST_COUNT

    def mature_on(self, month_end: date) -> date:
        """The first day on which a month's figure will hardly change any more."""
        return month_end + timedelta(days=self.metric.maturity_days + 1)

    def sql(self) -> str:
        """SQL for numerator and denominator by vendor over the days of `days`."""
        numerator, denominator = self.metric.parts("vendor")
        assert denominator is not None, "only ratios are compared"
        return f"""
            select vendor_id, {_sum("numerator", numerator)} as numerator,
                   {_sum("denominator", denominator)} as denominator
            from ({" union all ".join(self._rows(numerator, denominator))})
            group by vendor_id
        """

    def days(self, month: Days) -> dict[str, date]:
        """What the SQL is given: a month from $first to $last, and what growth is held to."""
        given = {"first": month.first, "last": month.last}
        before = {"first_before": month.before.first, "last_before": month.before.last}
        return given | before if self.metric.is_growth else given

    def _rows(self, numerator: Total, denominator: Total) -> list[str]:
        below = "$first_before and $last_before" if self.metric.is_growth else "$first and $last"
        return [
            _row(f"{part}.{side}.{place}", measure, days)
            for part, total, days in (
                ("numerator", numerator, "$first and $last"),
                ("denominator", denominator, below),
            )
            for side, measures in (("plus", total.plus), ("minus", total.minus))
            for place, measure in enumerate(measures)
        ]


COMPARED = tuple(
    Compared(METRICS[metric_id])
    for metric_id in (
        "sales_growth",
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


def _row(part: str, measure: Measure, days: str) -> str:
    return f"""
        select vendor_id, '{part}' as part, {measure.sql()} as value
        from marts.{measure.mart} where {measure.day} between {days} group by vendor_id
    """
