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
        period_date date, metric_id varchar, cohort varchar, level varchar, category varchar,
        price_from_cents bigint, price_below_cents bigint, orders_from bigint, orders_below bigint,
        owners_at_least integer, step double, lower_quartile double, median double,
        upper_quartile double, mean double);
    create table if not exists marts.benchmark_placements (
        period_date date, metric_id varchar, vendor_id bigint, numerator bigint,
        denominator bigint, value double, cohort varchar);
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
