"""A vendor's figures: the snapshot's rows with the live tail laid over them, then the metrics.

Rows are the ``vendor_orders`` mart's (grain: one vendor order); what a metric is stands in
``warehouse.metrics`` alone. What needs other marts comes from the snapshot, up to the last day that
is over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from serving.overlay import VendorOrder
from serving.spans import Grain, Span
from warehouse.metrics import Metric, Total
from warehouse.metrics.evaluation import Extent
from warehouse.metrics.evaluation import figures as evaluated
from warehouse.metrics.figure import Days, Figure
from warehouse.snapshot import Snapshot

VENDOR_ORDERS = """
-- grain: one vendor order of one vendor
select
    vendor_order_id, order_id, order_date, placed_at, shopper_pseudonym, is_counted, is_paid,
    items_cents, shipping_cents, commission_cents, net_cents, units
from vendor_orders
where vendor_id = $vendor_id and order_date between $first and $last
"""

SCHEMA = pl.Schema(
    {
        "vendor_order_id": pl.Int64(),
        "order_id": pl.Int64(),
        "order_date": pl.Date(),
        "placed_at": pl.Datetime("us", "UTC"),
        "shopper_pseudonym": pl.Int64(),
        "is_counted": pl.Boolean(),
        "is_paid": pl.Boolean(),
        "items_cents": pl.Int64(),
        "shipping_cents": pl.Int64(),
        "commission_cents": pl.Int64(),
        "net_cents": pl.Int64(),
        "units": pl.Int64(),
    }
)

ONE_DAY = timedelta(days=1)

EVERY: Mapping[Grain, str] = {"hour": "1h", "day": "1d", "week": "1w", "month": "1mo"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A metric now, over the same elapsed span before, and the relative change between them."""

    metric: Metric
    now: Figure
    before: Figure

    @property
    def change(self) -> float | None:
        """0.25 for a quarter more; None where there was nothing to compare with."""
        if not self.before.value or self.now.value is None:
            return None
        return self.now.value / self.before.value - 1


def vendor_orders(
    snapshot: Snapshot, vendor_id: int, span: Span, live: Sequence[VendorOrder], zone: ZoneInfo
) -> pl.DataFrame:
    """The vendor's orders of the span and of the one before it, each in its newest state."""
    parameters = {"vendor_id": vendor_id, "first": span.previous.first, "last": span.last}
    published = snapshot.query(VENDOR_ORDERS, parameters).cast(SCHEMA)
    return overlaid(published, live, zone)


def last_order_date(
    published: date | None, live: Iterable[VendorOrder], zone: ZoneInfo
) -> date | None:
    """The day of the vendor's newest counted order, published or live; None before the first."""
    newest = (order.placed_at.astimezone(zone).date() for order in live if order.is_counted)
    return max((day for day in (published, *newest) if day), default=None)


def overlaid(rows: pl.DataFrame, live: Iterable[VendorOrder], zone: ZoneInfo) -> pl.DataFrame:
    """The rows, each replaced by its live state where there is one; new ones added."""
    newest = pl.DataFrame([_row(order, zone) for order in live], SCHEMA, orient="row")
    if newest.is_empty():
        return rows
    replaced = rows["vendor_order_id"].is_in(newest["vendor_order_id"].implode())
    return pl.concat([rows.filter(~replaced), newest])


def compare(
    rows: pl.DataFrame, metrics: Sequence[Metric], span: Span, local_now: datetime
) -> list[Comparison]:
    """Each live metric over the span, beside the same elapsed span before it.

    ``local_now`` is how far the figures reach, in the marketplace's time zone.
    """
    through = last_day_over(local_now)
    now = _figures(rows.filter(_within(span)), metrics, _days(span), through)
    cut = cut_of(span, local_now)
    elapsed = _within(span.previous) & (pl.col("placed_at") < cut)
    before = _figures(rows.filter(elapsed), metrics, _days(span.previous), through)
    return [
        Comparison(metric, now[metric.metric_id], before[metric.metric_id]) for metric in metrics
    ]


def compare_published(
    snapshot: Snapshot,
    metrics: Sequence[Metric],
    span: Span,
    vendor_id: int | None,
    local_now: datetime,
) -> list[Comparison]:
    """Each metric from the snapshot alone; ``vendor_id`` is None for the whole market.

    Of a span that still runs, orders so far, beside those of the span before up to the same moment;
    and of figures of whole days the days that are over, beside as many.
    """
    extent = Extent(vendor_id, last_day_over(local_now))
    whole = _days(span.previous)
    over = Days(whole.first, whole.first + (min(extent.through, span.last) - span.first))
    cut = None if vendor_id else cut_of(span, local_now)
    found = evaluated(snapshot.rows, metrics, [_days(span)], extent)
    earlier: dict[str, list[Figure]] = {}
    for days, is_live in ((whole, True), (over, False)):
        these = [metric for metric in metrics if metric.is_live is is_live]
        earlier |= evaluated(snapshot.rows, these, [days], extent, cut)
    return [
        Comparison(metric, found[metric.metric_id][0], earlier[metric.metric_id][0])
        for metric in metrics
    ]


def series_published(
    snapshot: Snapshot,
    metrics: Sequence[Metric],
    span: Span,
    grain: Grain,
    vendor_id: int | None,
    local_now: datetime,
) -> list[tuple[date | datetime, dict[str, Figure]]]:
    """Each metric from the snapshot by day, week or month; weeks and months within the span."""
    buckets = _buckets(span, grain)
    days = list(buckets.values())
    found = evaluated(snapshot.rows, metrics, days, Extent(vendor_id, last_day_over(local_now)))
    return [
        (start, {metric_id: points[number] for metric_id, points in found.items()})
        for number, start in enumerate(buckets)
    ]


def last_day_over(local_now: datetime) -> date:
    return local_now.date() - ONE_DAY


def cut_of(span: Span, local_now: datetime) -> datetime:
    """The moment at which the span before must stop so that both ran equally long."""
    return span.previous_end(local_now).replace(tzinfo=local_now.tzinfo).astimezone(UTC)


def series(
    rows: pl.DataFrame,
    metrics: Sequence[Metric],
    span: Span,
    grain: Grain,
    zone: ZoneInfo,
    local_now: datetime,
) -> list[tuple[date | datetime, dict[str, Figure]]]:
    """Each live metric by hour, day, week (from Monday) or month of the zone, without a gap."""
    through = last_day_over(local_now)
    bucket = _moment(grain, zone).dt.truncate(EVERY[grain])
    totals = (
        rows.filter(_within(span))
        .group_by(bucket.alias("bucket"))
        .agg(*_measures(metrics))
        .to_dicts()
    )
    by_bucket = {total["bucket"]: total for total in totals}
    empty = dict.fromkeys(_measure_names(metrics), 0)
    return [
        (
            start,
            {
                metric.metric_id: _figure(metric, by_bucket.get(start, empty), days, through)
                for metric in metrics
            },
        )
        for start, days in _buckets(span, grain).items()
    ]


def _moment(grain: Grain, zone: ZoneInfo) -> pl.Expr:
    if grain != "hour":
        return pl.col("order_date")
    return pl.col("placed_at").dt.convert_time_zone(zone.key).dt.replace_time_zone(None)


def _buckets(span: Span, grain: Grain) -> dict[date | datetime, Days]:
    """The days of each bucket that are of the span, by the bucket's beginning."""
    if grain == "hour":
        begin, end = datetime.combine(span.first, time(0)), datetime.combine(span.last, time(23))
        hours = pl.datetime_range(begin, end, EVERY[grain], eager=True).to_list()
        return {hour: Days(hour.date(), hour.date()) for hour in hours}
    outer = pl.Series([span.first, span.last]).dt.truncate(EVERY[grain])
    starts = pl.date_range(outer[0], outer[1], EVERY[grain], eager=True).to_list()
    ends = [start - ONE_DAY for start in starts[1:]] + [span.last]
    return {
        start: Days(max(start, span.first), end) for start, end in zip(starts, ends, strict=True)
    }


def _figures(
    rows: pl.DataFrame, metrics: Sequence[Metric], days: Days, through: date
) -> dict[str, Figure]:
    totals = rows.select(*_measures(metrics)).row(0, named=True) if metrics else {}
    return {metric.metric_id: _figure(metric, totals, days, through) for metric in metrics}


def _figure(metric: Metric, totals: Mapping[str, int], days: Days, through: date) -> Figure:
    numerator = totals[f"{metric.metric_id}.numerator"]
    denominator = totals.get(f"{metric.metric_id}.denominator")
    return Figure.of(metric, numerator, denominator, days, through)


def _measures(metrics: Sequence[Metric]) -> list[pl.Expr]:
    numerators = [_sum(m.numerator).alias(f"{m.metric_id}.numerator") for m in metrics]
    denominators = [
        _sum(m.denominator).alias(f"{m.metric_id}.denominator") for m in metrics if m.denominator
    ]
    return numerators + denominators


def _sum(total: Total) -> pl.Expr:
    signed = [m.expression() for m in total.plus] + [-m.expression() for m in total.minus]
    return pl.sum_horizontal(signed)


def _measure_names(metrics: Sequence[Metric]) -> list[str]:
    return [expression.meta.output_name() for expression in _measures(metrics)]


def _days(span: Span) -> Days:
    return Days(span.first, span.last)


def _within(span: Span) -> pl.Expr:
    return pl.col("order_date").is_between(span.first, span.last)


def _row(order: VendorOrder, zone: ZoneInfo) -> dict[str, object]:
    fields = {name: getattr(order, name) for name in SCHEMA if name != "order_date"}
    return fields | {"order_date": order.placed_at.astimezone(zone).date()}
