"""How a vendor's shoppers come, stay and buy together, from the published marts.

All of it is of days that are over: cohorts, segments and pairs are built as the day turns.
"""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from serving.spans import Span
from warehouse.snapshot import Snapshot

STEPS = ("impression", "click", "view", "cart", "order")

FUNNEL = """
-- grain: one vendor over a span; a session counts once per step it reached on a day
select
    coalesce(sum(sessions), 0)::bigint as sessions,
    coalesce(sum(impression_sessions), 0)::bigint as impression,
    coalesce(sum(click_sessions), 0)::bigint as click,
    coalesce(sum(view_sessions), 0)::bigint as view,
    coalesce(sum(cart_sessions), 0)::bigint as cart,
    coalesce(sum(order_sessions), 0)::bigint as "order"
from funnel_daily
where vendor_id = $vendor_id and session_date between $first and $last
"""

COHORTS = """
-- grain: one month of first orders with the vendor, and months since; the newest that there are
select cohort_month, months_since, cohort_customers, customers, orders, sales_cents
from cohorts
where vendor_id = $vendor_id
qualify cohort_month > max(cohort_month) over () - to_months($months)
order by cohort_month, months_since
"""

SEGMENTS = """
-- grain: one segment of the vendor's customers
select segment, customers, orders, sales_cents
from rfm_segments
where vendor_id = $vendor_id
"""

PAIRS = """
-- grain: one product of the vendor and another that is bought with it, most evidence first
with products as (
    select product_id, any_value(title) as title, bool_or(vendor_id = $vendor_id) as is_own
    from offers
    group by product_id
)

select
    affinity.product_id, ours.title, affinity.other_product_id, other.title as other_title,
    other.is_own as is_other_own, affinity.both_orders, affinity.product_orders, affinity.lift
from affinity
inner join products as ours on ours.product_id = affinity.product_id
inner join products as other on other.product_id = affinity.other_product_id
where ours.is_own and (not other.is_own or affinity.product_id < affinity.other_product_id)
order by
    affinity.both_orders * ln(affinity.lift) desc, affinity.product_id, affinity.other_product_id
limit $most
"""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who first bought in `month`, and how many of them bought again so many months later."""

    month: date
    customers: int
    returned: tuple[int, ...]
    """From the first month after; a month in which nobody came back is zero."""


def funnel(snapshot: Snapshot, vendor_id: int, span: Span) -> dict[str, int]:
    """Sessions that met the vendor, and those that reached each of STEPS."""
    given = {"vendor_id": vendor_id, "first": span.first, "last": span.last}
    return snapshot.query(FUNNEL, given).row(0, named=True)


def cohorts(snapshot: Snapshot, vendor_id: int, through: date, months: int) -> list[Cohort]:
    """The cohorts of `months` up to the vendor's newest, oldest first, each followed for as many.

    The month of `through`, up to which there are orders, is not over and not counted yet.
    """
    rows = snapshot.query(COHORTS, {"vendor_id": vendor_id, "months": months}).to_dicts()
    return [
        _cohort(month, list(group), through, months)
        for month, group in groupby(rows, key=lambda row: row["cohort_month"])
    ]


def _cohort(month: date, rows: list[dict[str, Any]], through: date, months: int) -> Cohort:
    since = (through.year - month.year) * 12 + through.month - month.month
    found = {row["months_since"]: row["customers"] for row in rows}
    returned = tuple(found.get(after, 0) for after in range(1, min(since, months + 1)))
    return Cohort(month, rows[0]["cohort_customers"], returned)


def segments(snapshot: Snapshot, vendor_id: int) -> list[dict[str, Any]]:
    return snapshot.query(SEGMENTS, {"vendor_id": vendor_id}).to_dicts()


def pairs(snapshot: Snapshot, vendor_id: int, most: int) -> list[dict[str, Any]]:
    """Products bought together, at least one of them the vendor's."""
    return snapshot.query(PAIRS, {"vendor_id": vendor_id, "most": most}).to_dicts()
