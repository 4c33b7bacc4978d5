"""Which metrics are compared among vendors: rates and indices of the registry, never levels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.metrics import METRICS, Measure, Metric, Total
from warehouse.metrics.figure import Days

LEAST_COUNT = 10
LEAST_CENTS = 10_000
WITHIN, BEFORE = "$first and $last", "$first_before and $last_before"
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
        below = BEFORE if self.metric.is_growth else WITHIN
        summed = [(measure, WITHIN) for measure in numerator.measures]
        summed += [(measure, below) for measure in denominator.measures]
        return f"""
            select vendor_id, {_total(numerator, 0)} as numerator,
                   {_total(denominator, len(numerator.measures))} as denominator
            from ({" union all ".join(_rows(summed))})
            group by vendor_id
        """

    def days(self, month: Days) -> dict[str, date]:
        """What the SQL is given: a month from $first to $last, and what growth is held to."""
        given = {"first": month.first, "last": month.last}
        before = {"first_before": month.before.first, "last_before": month.before.last}
        return given | before if self.metric.is_growth else given


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


def _total(total: Total, first: int) -> str:
    """The sum of values from number `first` on, those of `minus` taken off."""
    values = [f"sum(value_{first + place})" for place in range(len(total.measures))]
    plus, minus = values[: len(total.plus)], values[len(total.plus) :]
    return f"({' + '.join(plus)}{''.join(f' - {value}' for value in minus)})::bigint"


def _rows(summed: Sequence[tuple[Measure, str]]) -> Iterator[str]:
    """A SELECT per mart and days: each is read once, and adds nothing to the values of others."""
    sources = dict.fromkeys(_source(measure, days) for measure, days in summed)
    for source in sources:
        values = ", ".join(
            f"{measure.sql() if _source(measure, days) == source else '0'} as value_{number}"
            for number, (measure, days) in enumerate(summed)
        )
        yield f"select vendor_id, {values} from {source} group by vendor_id"


def _source(measure: Measure, days: str) -> str:
    return f"marts.{measure.mart} where {measure.day} between {days}"
