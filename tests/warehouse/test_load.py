import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from tests.warehouse.market import Market
from warehouse import ledger, reconcile, source, store
from warehouse.days import (
    COUNTED,
    SPANS_AT_MOST,
    Span,
    count_between_midnights,
    count_by_day,
    spans_of,
)
from warehouse.errors import (
    ColumnContractBroken,
    RowVersionInFuture,
    SourceNotReady,
    SourceUnreachable,
)
from warehouse.load import LoadSummary, load, load_from
from warehouse.tables import TABLES, SourceTable

Warehouse = duckdb.DuckDBPyConnection


@pytest.fixture
def url(pipeline_database_url: str, market: Market) -> str:
    """The market's address for the role that may only read."""
    return pipeline_database_url


def names(warehouse: Warehouse) -> set[str]:
    return {name for (name,) in warehouse.sql("select name from source.vendors").fetchall()}


def brought(summary: LoadSummary) -> dict[str, int]:
    return {table: rows for table, rows in summary.rows.items() if rows}


def contents(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table.name: warehouse.sql(f"from {table.target} order by {table.key}").fetchall()
        for table in TABLES
    }


def test_a_first_load_brings_every_row(market: Market, url: str, warehouse: Warehouse) -> None:
    offer_id = market.offer(market.vendor("Ada"))
    market.order(market.shopper(), [(offer_id, 2)])
    summary = load(warehouse, url)
    assert summary.is_full
    catalogue = {"owners": 1, "vendors": 1, "shoppers": 1, "products": 1}
    catalogue |= {"offers": 1, "offer_prices": 1, "stock": 1}
    sales = {"orders": 1, "vendor_orders": 1, "order_lines": 1}
    assert brought(summary) == catalogue | sales


def test_a_second_load_with_nothing_new_brings_nothing(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    before = contents(warehouse)
    summary = load(warehouse, url)
    assert (summary.is_full, summary.changed) == (False, 0)
    assert contents(warehouse) == before


def test_an_update_replaces_the_row(market: Market, url: str, warehouse: Warehouse) -> None:
    ada, _ = market.vendor("Ada"), market.vendor("Bea")
    load(warehouse, url)
    market.rename(ada, "Ada & daughters")
    assert brought(load(warehouse, url)) == {"vendors": 1}
    assert names(warehouse) == {"Ada & daughters", "Bea"}


def test_a_transaction_open_during_a_load_comes_with_the_next_one(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    with psycopg.connect(database_url) as late:
        Market(late).vendor("Late")
        market.vendor("Early")
        load(warehouse, url)
        assert names(warehouse) == {"Early"}
        late.commit()
    assert brought(load(warehouse, url)) == {"owners": 1, "vendors": 1}
    assert names(warehouse) == {"Early", "Late"}
    assert load(warehouse, url).changed == 0


def test_what_was_loaded_beside_an_open_transaction_is_not_loaded_again(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    with psycopg.connect(database_url) as late:
        Market(late).vendor("Late")
        market.vendor("Early")
        load(warehouse, url)
        assert load(warehouse, url).changed == 0


def test_all_tables_are_of_one_moment_whatever_commits_between_them(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    with psycopg.connect(database_url) as late:
        Market(late).vendor("Late")

        def commit(table: str, _: int) -> None:
            if table == "owners":
                late.commit()

        load(warehouse, url, on_table=commit)
    assert names(warehouse) == set(), "its owner was not there when owners were read"
    assert brought(load(warehouse, url)) == {"owners": 1, "vendors": 1}


def test_what_was_rolled_back_never_arrives(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    load(warehouse, url)
    with psycopg.connect(database_url) as regretted:
        Market(regretted).vendor("Regretted")
        regretted.rollback()
    assert load(warehouse, url).changed == 0


def test_a_row_written_in_a_savepoint_carries_the_outer_transaction(
    market: Market, url: str, warehouse: Warehouse, database_url: str
) -> None:
    with psycopg.connect(database_url) as nested:
        Market(nested).vendor("Outer")
        with nested.transaction():
            Market(nested).vendor("Inner")
        with nested.transaction():
            Market(nested).vendor("Undone")
            raise psycopg.Rollback
        load(warehouse, url)
        nested.commit()
    assert brought(load(warehouse, url))["vendors"] == 2
    assert names(warehouse) == {"Outer", "Inner"}


def test_a_deleted_row_is_removed(market: Market, url: str, warehouse: Warehouse) -> None:
    ada, _ = market.vendor("Ada"), market.vendor("Bea")
    load(warehouse, url)
    market.ask("delete from vendors where vendor_id = %s", ada)
    summary = load(warehouse, url)
    assert summary.deleted["vendors"] == 1
    assert names(warehouse) == {"Bea"}
    assert load(warehouse, url).changed == 0


def test_a_row_that_came_back_after_its_deletion_stays(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    ada = market.vendor("Ada")
    load(warehouse, url)
    market.ask("delete from vendors where vendor_id = %s", ada)
    market.ask(
        """insert into vendors (vendor_id, owner_id, name, status, country)
           select %s, max(owner_id), 'Ada again', 'active', 'US' from owners""",
        ada,
    )
    load(warehouse, url)
    assert names(warehouse) == {"Ada again"}
    load(warehouse, url)
    assert names(warehouse) == {"Ada again"}


def test_an_erased_shopper_leaves_the_warehouse(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    erased, kept = market.shopper(), market.shopper()
    load(warehouse, url)
    market.ask("delete from shoppers where shopper_id = %s", erased.shopper_id)
    load(warehouse, url)
    assert warehouse.sql("select shopper_pseudonym from source.shoppers").fetchall() == [
        (kept.pseudonym,)
    ]


def test_no_email_leaves_postgres(market: Market, url: str, tmp_path: Path) -> None:
    market.shopper("canary-7f3a@example.org")
    with store.opened(tmp_path / "own") as connection:
        load(connection, url)
    assert b"canary-7f3a" not in (tmp_path / "own" / store.FILE).read_bytes()


def test_incremental_loads_end_where_a_full_one_does(
    market: Market, url: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    offer_id = market.offer(market.vendor())
    load(warehouse, url)
    shopper = market.shopper()
    market.order(shopper, [(offer_id, 1)])
    load(warehouse, url)
    market.ask("update vendor_orders set status = 'shipped'")
    market.event("view", shopper.pseudonym, offer_id)
    load(warehouse, url)
    with store.opened(tmp_path / "own") as fresh:
        load(fresh, url)
        assert contents(fresh) == contents(warehouse)


def test_a_full_load_reads_everything_again(market: Market, url: str, warehouse: Warehouse) -> None:
    market.vendor()
    load(warehouse, url)
    before = contents(warehouse)
    assert brought(load(warehouse, url, full=True)) == {"owners": 1, "vendors": 1}
    assert contents(warehouse) == before


def test_the_ledger_keeps_the_moment_and_what_the_source_counted(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    offer_id = market.offer(market.vendor(), price_cents=1250)
    market.order(market.shopper(), [(offer_id, 2)])
    market.ask("update relay set last_position = 41")
    summary = load(warehouse, url)
    assert ledger.last(warehouse) == summary.load
    assert summary.load.moment.relay_position == 41
    assert (summary.load.currency, summary.load.time_zone) == ("USD", "America/New_York")
    assert warehouse.sql(
        "select day::varchar, rows, cents from ledger.source_days where table_name = 'order_lines'"
    ).fetchall() == [("2026-03-10", 1, 2500)]


def test_a_durable_commit_separates_the_load_from_later_transactions(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    xmax = load(warehouse, url).load.moment.seen.xmax
    assert market.value("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint") > xmax


def test_a_load_that_dies_midway_leaves_the_previous_state(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.vendor("Ada")
    first = load(warehouse, url)
    before = contents(warehouse)
    market.vendor("Bea")

    def die(table: str, _: int) -> None:
        if table == "products":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(warehouse, url, on_table=die)
    assert contents(warehouse) == before
    assert ledger.last(warehouse) == first.load
    assert brought(load(warehouse, url)) == {"owners": 1, "vendors": 1}


def test_a_source_with_another_history_is_read_anew(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    warehouse.sql("update ledger.loads set identity = '1:1:1'")
    assert load(warehouse, url).is_full


def test_a_source_that_ran_back_is_read_anew(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    warehouse.sql("update ledger.loads set snapshot = '99999999:99999999:'")
    assert load(warehouse, url).is_full


def test_a_table_that_was_created_anew_is_read_whole(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    warehouse.sql("update ledger.load_tables set table_oid = 1 where table_name = 'vendors'")
    assert brought(load(warehouse, url)) == {"vendors": 1}


def test_a_row_from_the_future_stops_the_load(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    market.ask("alter table vendors disable trigger stamp_row_version")
    market.ask("update vendors set row_version = '99999999'")
    with pytest.raises(RowVersionInFuture):
        load(warehouse, url)
    assert names(warehouse) == {"Ada"}


def test_a_new_column_warns_and_loads(market: Market, url: str, warehouse: Warehouse) -> None:
    market.ask("alter table vendors add column motto text")
    assert load(warehouse, url).warnings == (
        "vendors.motto is new in the source and is not loaded",
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("alter table order_lines rename column line_cents to cents", "line_cents is missing"),
        ("alter table stock alter column version type integer", "stock.version is int4"),
        ("revoke select on vendors from rynek_pipeline", "vendors.name is withheld"),
        ("drop table adjustments", "table adjustments is missing"),
    ],
)
def test_a_broken_column_contract_stops_before_anything_is_written(
    market: Market, url: str, warehouse: Warehouse, change: str, complaint: str
) -> None:
    market.vendor("Ada")
    load(warehouse, url)
    market.vendor("Bea")
    market.ask(change)
    with pytest.raises(ColumnContractBroken, match=complaint):
        load(warehouse, url)
    assert names(warehouse) == {"Ada"}


def test_a_database_without_a_schema_is_named(
    warehouse: Warehouse, empty_database_url: str
) -> None:
    with pytest.raises(SourceNotReady):
        load(warehouse, empty_database_url)


def test_a_market_that_was_never_opened_is_named(
    warehouse: Warehouse, pipeline_database_url: str
) -> None:
    with pytest.raises(SourceNotReady, match="installation"):
        load(warehouse, pipeline_database_url)


def test_a_server_that_is_not_there_is_named(warehouse: Warehouse) -> None:
    with pytest.raises(SourceUnreachable):
        load(warehouse, "postgresql://nobody@127.0.0.1:1/nothing")


def test_a_server_that_is_gone_before_the_barrier_is_named_and_nothing_is_kept(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    with source.reading(url) as opened:
        opened._database_url = "postgresql://nobody@127.0.0.1:1/nothing"
        with pytest.raises(SourceUnreachable):
            load_from(warehouse, opened)
    assert ledger.last(warehouse) is None


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
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)])
    load(warehouse, url)
    market.ask("update orders set placed_at = placed_at + interval '1 day'")
    load(warehouse, url)
    days = "select day::varchar from ledger.source_days where table_name = 'orders'"
    assert warehouse.sql(days).fetchall() == [("2026-03-11",)]
    assert reconcile.by_day(warehouse) == []


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
    market: Market, url: str, warehouse: Warehouse
) -> None:
    """As when somebody wrote past the triggers, with a row version that was loaded long ago."""
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)])
    load(warehouse, url)
    market.ask("alter table order_lines disable trigger stamp_row_version")
    market.ask("update order_lines set line_cents = line_cents + 7")
    load(warehouse, url)
    assert reconcile.by_day(warehouse) == []
    load(warehouse, url, recount=True)
    [difference] = reconcile.by_day(warehouse)
    assert (difference.table, difference.source_cents) == ("order_lines", 1007)


def test_the_first_load_of_a_day_counts_every_day(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)])
    load(warehouse, url)
    warehouse.sql("update ledger.source_days set rows = -1")
    load(warehouse, url)
    assert reconcile.by_day(warehouse) != []
    warehouse.sql("update ledger.loads set taken_at = taken_at - interval 25 hours")
    load(warehouse, url)
    assert reconcile.by_day(warehouse) == []


LOADING = """
import sys
from pathlib import Path
from warehouse import store
from warehouse.load import load
with store.opened(Path(sys.argv[1])) as connection:
    print("opened", flush=True)
    load(connection, sys.argv[2], on_table=lambda name, rows: print(name, flush=True))
    print("loaded", flush=True)
"""


def loading(folder: Path, url: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", LOADING, str(folder), url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_load_that_is_killed_anywhere_leaves_the_previous_state(
    market: Market, url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    market.vendor("Ada")
    with store.opened(folder) as connection:
        load(connection, url)
        before, first = contents(connection), ledger.last(connection)
    market.vendor("Bea")
    for last_line in ("opened", "owners", "orders", TABLES[-1].name):
        with loading(folder, url) as process:
            assert process.stdout is not None
            while process.stdout.readline().strip() != last_line:
                pass
            process.kill()
        with store.opened(folder) as connection:
            if ledger.last(connection) == first:
                assert contents(connection) == before
            else:  # it had committed before the blow fell
                assert last_line == TABLES[-1].name
    with store.opened(folder) as connection:
        load(connection, url)
        assert names(connection) == {"Ada", "Bea"}


@pytest.mark.slow
def test_two_loads_at_once_take_turns(market: Market, url: str, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    market.vendor("Ada")
    with loading(folder, url) as one, loading(folder, url) as other:
        outputs = [process.communicate(timeout=120)[0] for process in (one, other)]
    assert [output.splitlines()[-1] for output in outputs] == ["loaded", "loaded"]
    with store.opened(folder) as connection:
        [(loads, full)] = connection.sql(
            "select count(*), count(*) filter (is_full) from ledger.loads"
        ).fetchall()
        assert (loads, full) == (2, 1)


def test_an_event_from_before_every_month_is_loaded_from_the_default_partition(
    market: Market, url: str, warehouse: Warehouse
) -> None:
    pseudonym = market.shopper().pseudonym
    load(warehouse, url)
    market.event("view", pseudonym, occurred_at=datetime(2011, 5, 1, tzinfo=UTC))
    assert brought(load(warehouse, url)) == {"behaviour_events": 1}
    assert market.value("select count(*) from behaviour_events_other") == 1
    assert reconcile.by_day(warehouse) == []
