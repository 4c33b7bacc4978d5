"""The tables of benchmarks. Only those in `marts` are published; the rest never leaves.

benchmarks.members   a month's cohort of each vendor, frozen
benchmarks.units     what each owner contributed to a month's cells, frozen
benchmarks.closed    months that are done, per metric
marts.benchmarks     the cells that may be shown
marts.benchmark_placements   each vendor's own figure and the smallest shown cell that it lies in
"""

import duckdb

DEFINITIONS = """
    create schema if not exists benchmarks;
    create schema if not exists marts;
    create table if not exists benchmarks.members (
        period_date date, vendor_id bigint, owner_id bigint, category_id bigint, price_band integer,
        volume_band integer);
    create table if not exists benchmarks.units (
        period_date date, metric_id varchar, owner_id bigint, category_id bigint,
        price_band integer, volume_band integer, value double, capped double);
    create table if not exists benchmarks.closed (
        market varchar, period_date date, metric_id varchar, closed_at timestamptz);
    create table if not exists marts.benchmarks (
        period_date date, -- first day of the closed month
        metric_id varchar, -- the metric, as the registry names it
        cohort varchar, -- names the cell: category, band of prices, band of volume
        level varchar, -- how narrow the cell is
        category varchar, -- the cell's category, none for all
        price_from_cents bigint, -- least median price of the cell's shops, in cents
        price_below_cents bigint, -- their median prices lie below it, in cents
        orders_from bigint, -- least orders a month of the cell's shops
        orders_below bigint, -- their orders a month lie below it
        owners_at_least integer, -- owners counted in the cell, rounded down
        step double, -- to what the figures are rounded, in the metric's unit
        lower_quartile double, -- a quarter of the shops lie below; absent unless safe to show
        median double, -- half of the shops lie below; absent unless safe to show
        upper_quartile double, -- three quarters lie below; absent unless safe to show
        mean double -- mean of winsorised values; absent unless safe to show
    );
    create table if not exists marts.benchmark_placements (
        period_date date, -- first day of the closed month
        metric_id varchar, -- the metric, as the registry names it
        vendor_id bigint, -- which of vendors
        numerator bigint, -- the vendor's own, of the month
        denominator bigint, -- the vendor's own, of the month
        value double, -- numerator by denominator, in the metric's unit
        cohort varchar -- the smallest shown cell that the vendor lies in
    );
"""

KEPT = (
    "benchmarks.members",
    "benchmarks.units",
    "benchmarks.closed",
    "marts.benchmarks",
    "marts.benchmark_placements",
)


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.sql(DEFINITIONS)


def forget_other_markets(connection: duckdb.DuckDBPyConnection, market: str) -> None:
    """Begin anew when the warehouse now holds another database's market."""
    [(others,)] = connection.sql(
        "select count(*) from benchmarks.closed where market <> ?", params=[market]
    ).fetchall()
    if others:
        for table in KEPT:
            connection.sql(f"delete from {table}")


def market_of(identity: str) -> str:
    """Name the market of `system:timeline:database`: after a failover it is still the same."""
    system, _, database = identity.split(":")
    return f"{system}:{database}"
