"""Compute metrics over spans of days, in SQL, from the marts of a snapshot or of the warehouse."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from warehouse.metrics.figure import Days, Figure
from warehouse.metrics.measure import Measure, Total
from warehouse.metrics.metric import Metric, Scope

ONE_DAY = timedelta(days=1)

Ask = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Extent:
    """Whose figures, and how far the data reach.

    vendor_id   None for the whole market
    through     the last day that is over in the market's zone: a figure of days ends there at most
    """

    vendor_id: int | None
    through: date

    @property
    def scope(self) -> Scope:
        return "market" if self.vendor_id is None else "vendor"


def figures(
    ask: Ask,
    metrics: Sequence[Metric],
    spans: Sequence[Days],
    extent: Extent,
    until: datetime | None = None,
) -> dict[str, list[Figure]]:
    """Each metric over each span, by metric id, in the order of the spans.

    `until` cuts off the orders of the last moments, so that a span can be compared with one that is
    still running.
    """
    wanted = {
        (measure, days)
        for metric in metrics
        for span in spans
        for total, days in _parts(metric, span, extent)
        if total
        for measure in total.measures
    }
    found = _measured(ask, wanted, extent, until)
    return {
        metric.metric_id: [_figure(metric, span, extent, found) for span in spans]
        for metric in metrics
    }


def _days_of(metric: Metric, span: Days, extent: Extent) -> Days:
    """The days that a figure is of: those of the span that are over, or the window at its end."""
    if metric.is_live:
        return span
    last = min(span.last, extent.through)
    if metric.window_days:
        return Days(last - timedelta(days=metric.window_days - 1), last)
    return Days(span.first, max(last, span.first - ONE_DAY))


def _figure(
    metric: Metric, span: Days, extent: Extent, found: Mapping[tuple[Measure, Days], int]
) -> Figure:
    numerator, denominator = (
        _total(total, days, found) for total, days in _parts(metric, span, extent)
    )
    assert numerator is not None, "every metric has a numerator"
    days = _days_of(metric, span, extent)
    return Figure.of(metric, numerator, denominator, days, extent.through)


def _parts(metric: Metric, span: Days, extent: Extent) -> list[tuple[Total | None, Days]]:
    """Numerator and denominator, each with the days that it is of."""
    numerator, denominator = metric.parts(extent.scope)
    days = _days_of(metric, span, extent)
    return [(numerator, days), (denominator, days.before if metric.is_growth else days)]


def _total(
    total: Total | None, days: Days, found: Mapping[tuple[Measure, Days], int]
) -> int | None:
    if total is None:
        return None
    plus = sum(found[measure, days] for measure in total.plus)
    return plus - sum(found[measure, days] for measure in total.minus)


def _measured(
    ask: Ask, wanted: Iterable[tuple[Measure, Days]], extent: Extent, until: datetime | None
) -> dict[tuple[Measure, Days], int]:
    """Ask one question per mart, day column and kind of measure."""
    by_question = sorted(wanted, key=lambda pair: _question(pair[0]))
    found = dict.fromkeys(by_question, 0)
    for _, group in groupby(by_question, key=lambda pair: _question(pair[0])):
        pairs = list(group)
        measures = list(dict.fromkeys(measure for measure, _ in pairs))
        spans = list(dict.fromkeys(days for _, days in pairs))
        for row in ask(*_sql(measures, spans, extent, until)):
            days = Days(row[0], row[1])
            found |= {
                (measure, days): value for measure, value in zip(measures, row[2:], strict=True)
            }
    return found


def _question(measure: Measure) -> tuple[str, str, bool, bool]:
    return measure.mart, measure.day, measure.is_of_spells, measure.is_additive


def _sql(
    measures: Sequence[Measure], spans: Sequence[Days], extent: Extent, until: datetime | None
) -> tuple[str, dict[str, Any]]:
    """SQL that DuckDB and Postgres both answer; a span without rows may be left out."""
    one = measures[0]
    given: dict[str, Any] = {
        "firsts": [days.first for days in spans],
        "lasts": [days.last for days in spans],
    }
    conditions = []
    if not one.is_of_spells:
        conditions.append(f"{one.day} between $earliest and $latest")
        given |= {"earliest": min(given["firsts"]), "latest": max(given["lasts"])}
    if extent.vendor_id is not None:
        conditions.append("vendor_id = $vendor_id")
        given["vendor_id"] = extent.vendor_id
    if until is not None and one.is_live:
        conditions.append("placed_at < $until")
        given["until"] = until
    values = [f"{m.sql()} as value_{number}" for number, m in enumerate(measures)]
    return _shape(one)(one, " and ".join(conditions) or "true", values), given


SPANS = "select unnest($firsts::date[]) as first, unnest($lasts::date[]) as last"


def _shape(measure: Measure) -> Callable[[Measure, str, Sequence[str]], str]:
    if measure.is_of_spells:
        return _of_spells
    return _of_totals if measure.is_additive else _of_days


def _of_totals(one: Measure, where: str, values: Sequence[str]) -> str:
    """Rows are added up by day once, however many spans a day lies in."""
    sums = ", ".join(f"sum(value_{number})::bigint" for number in range(len(values)))
    return f"""
        with spans as ({SPANS}),
        totals as (
            select {one.day} as day, {", ".join(values)}
            from {one.mart} where {where} group by {one.day}
        )
        select first, last, {sums}
        from spans inner join totals on day between first and last
        group by first, last
    """


def _of_days(one: Measure, where: str, values: Sequence[str]) -> str:
    """Days are joined as equals: a join by `between` compares every row with every span."""
    return f"""
        with spans as ({SPANS}),
        days as (
            select first, last, cast(day as date) as day
            from spans cross join generate_series(first, last, interval '1 day') as series (day)
        )
        select first, last, {", ".join(values)}
        from days inner join {one.mart} on {one.day} = days.day
        where {where}
        group by first, last
    """


def _of_spells(one: Measure, where: str, values: Sequence[str]) -> str:
    return f"""
        with spans as ({SPANS})
        select first, last, {", ".join(values)}
        from spans
        inner join {one.mart}
            on {one.day} <= last and (until_date is null or until_date > first)
        where {where}
        group by first, last
    """
