"""When months are closed, what of them is shown, and that it stays."""

from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.benchmarks.trading import (
    JANUARY,
    MARCH,
    Warehouse,
    forget,
    order_values,
    trade,
)
from tests.warehouse.market import Market
from tests.warehouse.steps import approve, load_and_build
from warehouse import ledger
from warehouse.benchmarks.closing import close
from warehouse.errors import MartsMissing
from warehouse.publish import publish
from warehouse.snapshot import Snapshot


def test_a_closed_month_shows_the_smallest_cells_that_are_safe(traded: Warehouse) -> None:
    assert order_values(traded) == [
        (month, cohort, 7_000.0, 10, None) for month in (JANUARY, MARCH) for cohort in ("/", "/0/")
    ], "all have one category; each price band has too few"


def test_every_vendor_has_its_own_figure_beside_the_cell_it_lies_in(traded: Warehouse) -> None:
    assert traded.sql(
        """select count(*), min(value), max(value), count(distinct cohort), any_value(cohort)
           from marts.benchmark_placements
           where metric_id = 'average_order_value' and period_date = '2026-03-01'"""
    ).fetchall() == [(13, 1_000.0, 13_000.0, 1, "/0/")]


def test_a_month_is_closed_once_and_what_arrives_later_changes_nothing(
    traded: Warehouse, address: str
) -> None:
    before = order_values(traded)
    with psycopg.connect(address, autocommit=True) as connection:
        trade(Market(connection, count(100)), 1, (1,))
    load_and_build(traded, address)
    assert close(traded) == []
    assert order_values(traded) == before


def test_a_month_that_is_not_over_or_not_mature_waits(traded: Warehouse) -> None:
    forget(traded)
    traded.sql("update ledger.loads set taken_at = '2026-04-02 12:00:00+00'")
    done = {(closed.metric_id, closed.month) for closed in close(traded)}
    assert ("average_order_value", MARCH) in done
    assert ("return_rate", JANUARY) in done
    assert ("return_rate", MARCH) not in done, "goods come back for thirty days"
    # Thirty days after March ended, the last of them to midnight in New York.
    traded.sql("update ledger.loads set taken_at = '2026-05-01 03:59:00+00'")
    assert ("return_rate", MARCH) not in {
        (closed.metric_id, closed.month) for closed in close(traded)
    }
    traded.sql("update ledger.loads set taken_at = '2026-05-01 04:00:00+00'")
    assert ("return_rate", MARCH) in {(closed.metric_id, closed.month) for closed in close(traded)}
    assert close(traded) == []


def test_closing_makes_what_is_published_anew_and_keeps_membership_back(
    traded: Warehouse, published: Path
) -> None:
    approve(traded)
    publish(traded, published, "test")
    snapshot = Snapshot.current(published)
    tables = {name for (name,) in snapshot.rows("select table_name from duckdb_tables()")}
    assert {"benchmarks", "benchmark_placements"} <= tables
    assert not {"members", "units", "closed"} & tables
    cohorts = {cohort for (cohort,) in snapshot.rows("select distinct cohort from benchmarks")}
    held = traded.sql("select count(distinct (price_band, volume_band)) from benchmarks.units")
    assert (cohorts, held.fetchall()) == ({"/", "/0/"}, [(4,)]), "four price bands are not shown"
    owners = """select distinct column_name from duckdb_columns()
                where column_name like '%owner%' and not internal"""
    assert snapshot.rows(owners) == [("owners_at_least",)], "nothing tells who belongs together"
    build = ledger.last_build(traded)
    forget(traded)
    close(traded)
    assert ledger.last_build(traded) != build
    assert publish(traded, published, "next").marts != snapshot.manifest.marts


def test_another_database_begins_anew(traded: Warehouse) -> None:
    traded.sql("update benchmarks.closed set market = 'another:1'")
    assert {closed.month for closed in close(traded)} == {JANUARY, MARCH}
    assert len(order_values(traded)) == 4


def test_after_a_failover_it_is_the_same_market(traded: Warehouse) -> None:
    before = order_values(traded)
    traded.sql(r"update ledger.loads set identity = regexp_replace(identity, ':\d+:', ':99:')")
    assert close(traded) == []
    assert order_values(traded) == before != []


def test_nothing_is_closed_before_it_is_built(warehouse: Warehouse) -> None:
    with pytest.raises(MartsMissing):
        close(warehouse)
