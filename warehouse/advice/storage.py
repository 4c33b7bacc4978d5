"""The tables of forecasts and insights: written whole, judged, and kept until the next night.

marts.forecasts   one listing that is on sale: what it will sell, and when to order again
marts.lost_sales  one vendor and day on which an empty shelf cost sales; expected, so no whole units
marts.insights    one card for a vendor
"""

import duckdb

from warehouse.wording import told

DEFINITIONS = """
    create schema if not exists marts;
    create table if not exists marts.forecasts (
        offer_id bigint, -- which of offers, and the key
        product_id bigint, -- which of products
        vendor_id bigint, -- which of vendors
        first_date date, -- the first day that is forecast
        demand_class varchar, -- thin, smooth, erratic, intermittent or lumpy, by ADI and CV²
        method varchar, -- what forecast it, as its class asks
        weekday_units double[], -- units expected of each weekday, Monday first
        level_variance double, -- variance of a day's expected units: how unsure the level is
        dispersion double, -- variance of a day's units over their mean, at least 1
        month_units double, -- units expected in 28 days
        month_low bigint, -- 5 % quantile of the units of 28 days
        month_median bigint, -- their median
        month_high bigint, -- their 95 % quantile
        available_units bigint, -- units on the shelf
        days_of_cover double, -- days for which these will last
        lead_days integer, -- days from order to delivery
        service_level double, -- how often stock has to last until the delivery
        reorder_point bigint, -- units at which to order again
        order_units bigint, -- units to order now
        closed_days double, -- of the last 90 days, those with an empty shelf
        lost_units double, -- units that would have sold then
        lost_low bigint, -- their 5 % quantile
        lost_high bigint -- their 95 % quantile
    );
    create table if not exists marts.lost_sales (
        vendor_id bigint, -- which of vendors
        sale_date date, -- day of the market
        lost_units double, -- units that an empty shelf kept from being sold; expected
        lost_cents double -- the same in cents, at the prices of the night
    );
    create table if not exists marts.insights (
        vendor_id bigint, -- which of vendors
        kind varchar, -- what kind of advice it is
        offer_id bigint, -- which of offers it is about
        product_id bigint, -- which of products it is about
        what varchar, -- what is the case
        why varchar, -- the numbers that say so
        action varchar, -- one thing to do
        effect_cents bigint, -- what it is expected to bring, in cents
        effect_low_cents bigint, -- lower end of the interval
        effect_high_cents bigint, -- upper end of the interval
        confidence varchar, -- how sure it is
        rank integer, -- place among the vendor's cards, from 1
        advised_date date -- day up to which it knew
    );
"""


# Each table's columns, by target: a model may read what is kept here.
WRITTEN = {target: tuple(columns) for target, columns in told(DEFINITIONS).items()}

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
