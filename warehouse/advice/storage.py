"""The tables of forecasts and insights: written whole, judged, and kept until the next night.

marts.forecasts   one listing that is on sale: what it will sell, and when to order again
marts.lost_sales  one vendor and day on which an empty shelf cost sales; expected, so no whole units
marts.insights    one card for a vendor
"""

from collections.abc import Iterator

import duckdb
import sqlglot
from sqlglot import exp

DEFINITIONS = """
    create schema if not exists marts;
    create table if not exists marts.forecasts (
        offer_id bigint, product_id bigint, vendor_id bigint, first_date date,
        demand_class varchar, method varchar, weekday_units double[], level_variance double,
        dispersion double, month_units double, month_low bigint, month_median bigint,
        month_high bigint, available_units bigint, days_of_cover double, lead_days integer,
        service_level double, reorder_point bigint, order_units bigint, closed_days double,
        lost_units double, lost_low bigint, lost_high bigint);
    create table if not exists marts.lost_sales (
        vendor_id bigint, sale_date date, lost_units double, lost_cents double);
    create table if not exists marts.insights (
        vendor_id bigint, kind varchar, offer_id bigint, product_id bigint, what varchar,
        why varchar, action varchar, effect_cents bigint, effect_low_cents bigint,
        effect_high_cents bigint, confidence varchar, rank integer, advised_date date);
"""


def _written() -> Iterator[tuple[str, tuple[str, ...]]]:
    for create in sqlglot.parse(DEFINITIONS, dialect="duckdb"):
        if isinstance(create, exp.Create) and isinstance(create.this, exp.Schema):
            table = create.this.this
            yield f"{table.db}.{table.name}", tuple(c.name for c in create.this.expressions)


# Each table's columns, by target: a model may read what is kept here.
WRITTEN = dict(_written())

# What must not be found: table, rule, the rows that break it.
RULES = (
    (
        "marts.forecasts",
        "one row per offer",
        "select offer_id from marts.forecasts group by offer_id having count(*) > 1",
    ),
    (
        "marts.forecasts",
        "quantiles in their order, units from 0, seven weekdays",
        """select offer_id from marts.forecasts
           where not (0 <= month_low and month_low <= month_median and month_median <= month_high)
              or not month_units >= 0 or isnan(month_units) or not dispersion >= 1
              or not level_variance >= 0 or len(weekday_units) <> 7
              or order_units < 0 or reorder_point < 0 or not days_of_cover >= 0""",
    ),
    (
        "marts.forecasts",
        "only offers of the market",
        "select offer_id from marts.forecasts anti join marts.offers using (offer_id, vendor_id)",
    ),
    (
        "marts.lost_sales",
        "one row per vendor and day, more than nothing lost",
        """select vendor_id, sale_date from marts.lost_sales group by all having count(*) > 1
           union all
           select vendor_id, sale_date from marts.lost_sales
           where not lost_units > 0 or not lost_cents >= 0 or isnan(lost_cents)""",
    ),
    (
        "marts.insights",
        "one card per vendor and rank, its effect inside its interval, nothing left unsaid",
        """select vendor_id, rank from marts.insights group by all having count(*) > 1
           union all
           select vendor_id, rank from marts.insights
           where not effect_cents between effect_low_cents and effect_high_cents
              or what is null or why is null or action is null or confidence is null""",
    ),
)


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.sql(DEFINITIONS)
