"""What the source counts by day, in a load's own transaction."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.warehouse.loaded import Warehouse
from tests.warehouse.market import Market
from warehouse import reconcile
from warehouse.days import (
    COUNTED,
    SPANS_AT_MOST,
    Span,
    count_between_midnights,
    count_by_day,
    spans_of,
)
from warehouse.load import load
from warehouse.tables import SourceTable


@pytest.fixture
def sold(market: Market, url: str, warehouse: Warehouse) -> Warehouse:
    """A warehouse into which one order was loaded."""
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)])
    load(warehouse, url)
    return warehouse


def test_a_load_counts_only_the_days_it_touched_late_data_among_them(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    offer_id, shopper = market.offer(market.vendor()), market.shopper()
    days = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2, 9)]
    for day in days[1:]:
        market.order(shopper, [(offer_id, 1)], day)
    load(warehouse, url)
    warehouse.sql("update ledger.source_days set rows = -1")  # what is not counted anew is seen
    market.order(shopper, [(offer_id, 1)], days[0])
    market.order(shopper, [(offer_id, 2)], days[1])
    load(warehouse, url)
    assert warehouse.sql("""
        select day::varchar, rows, cents from ledger.source_days
        where table_name = 'order_lines' order by day
    """).fetchall() == [("2026-03-01", 1, 1000), ("2026-03-02", 2, 3000), ("2026-03-09", -1, 1000)]


def midnights(market: Market, days: int) -> list[Span]:
    """Orders around the midnights of every third day; the days that hold them."""
    offer_id, shopper = market.offer(market.vendor()), market.shopper()
    first = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(0, 3 * days, 3):
        midnight = first + timedelta(days=number)
        market.order(shopper, [(offer_id, 1)], midnight)
        market.order(shopper, [(offer_id, number)], midnight + timedelta(days=1, microseconds=-1))
    return spans_of((first + timedelta(days=number)).date() for number in range(0, 3 * days, 3))


@pytest.mark.parametrize("table", [table for table in COUNTED if table.has_day_index])
def test_a_day_between_its_midnights_holds_what_is_cast_to_it(
    market: Market, table: SourceTable
) -> None:
    spans = midnights(market, 4)
    market.ask("set time zone 'Pacific/Auckland'")
    between = market.ask(count_between_midnights(table, spans))
    assert sorted(between) == sorted(market.ask(count_by_day(table, table.name)))
    assert [rows for _, _, rows, _ in between] == [2] * 4
    market.ask("set enable_seqscan = off")  # a small table is read whole
    plan = market.ask(f"explain {count_between_midnights(table, spans)}")
    assert any(f"Index Only Scan using {table.name}_day" in line for (line,) in plan)


def test_many_days_all_over_the_years_are_counted_each_by_itself(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    spans = midnights(market, SPANS_AT_MOST + 2)
    load(warehouse, url)
    warehouse.sql("update ledger.source_days set rows = -1")
    (first, _), *later = spans
    market.ask("update orders set version = version + 1 where placed_at >= %s", later[0][0])
    load(warehouse, url)
    assert warehouse.sql("""
        select day, rows from ledger.source_days where table_name = 'orders' order by day
    """).fetchall() == [(first, -1), *((day, 2) for day, _ in later)]


def test_a_row_that_moved_to_another_day_is_counted_there_alone(
    sold: Warehouse, market: Market, url: str
) -> None:
    market.ask("update orders set placed_at = placed_at + interval '1 day'")
    load(sold, url)
    days = "select day::varchar from ledger.source_days where table_name = 'orders'"
    assert sold.sql(days).fetchall() == [("2026-03-11",)]
    assert reconcile.by_day(sold) == []


def test_a_day_that_lost_its_last_row_is_counted_no_more(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.event("view", market.shopper().pseudonym)
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)])
    load(warehouse, url)
    market.ask("delete from order_lines")
    load(warehouse, url)
    counted = warehouse.sql("select distinct table_name from ledger.source_days").fetchall()
    assert ("order_lines",) not in counted
    assert ("behaviour_events",) in counted
    assert reconcile.by_day(warehouse) == []


def test_what_no_load_brought_is_found_when_all_days_are_counted(
    sold: Warehouse, market: Market, url: str
) -> None:
    """As when somebody wrote past the triggers, with a row version that was loaded long ago."""
    market.ask("alter table order_lines disable trigger stamp_row_version")
    market.ask("update order_lines set line_cents = line_cents + 7")
    load(sold, url)
    assert reconcile.by_day(sold) == []
    load(sold, url, recount=True)
    [difference] = reconcile.by_day(sold)
    assert (difference.table, difference.source_cents) == ("order_lines", 1007)


def test_the_first_load_of_a_day_counts_every_day(sold: Warehouse, url: str) -> None:
    sold.sql("update ledger.source_days set rows = -1")
    load(sold, url)
    assert reconcile.by_day(sold) != []
    # That of the other load was a moment ago, but it did not count every day.
    sold.sql("""
        update ledger.loads set taken_at = taken_at - interval 25 hours where is_counted
    """)
    load(sold, url)
    assert reconcile.by_day(sold) == []
