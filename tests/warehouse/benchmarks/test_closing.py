"""Months closed on a small market in a real Postgres and DuckDB."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path

import duckdb
import psycopg
import pytest

from tests.conftest import Databases
from tests.warehouse.market import Market
from tests.warehouse.steps import approve, load_and_build
from warehouse import ledger, store
from warehouse.benchmarks import disclosure, kept
from warehouse.benchmarks.closing import audit, close
from warehouse.benchmarks.measures import COMPARED, Compared
from warehouse.benchmarks.membership import freeze
from warehouse.benchmarks.storage import KEPT
from warehouse.errors import CheckFailed, MartsMissing
from warehouse.publish import publish
from warehouse.snapshot import Snapshot

Warehouse = duckdb.DuckDBPyConnection

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def trade(market: Market, vendors: int, months: tuple[int, ...]) -> list[int]:
    """Vendors of which number n has ten orders of n × 10.00 in each of the months."""
    shopper = market.shopper()
    opened = [market.vendor() for _ in range(vendors)]
    for number, vendor_id in enumerate(opened, 1):
        offer_id = market.offer(vendor_id, price_cents=number * 1_000, units=1_000)
        for month in months:
            for day in range(1, 11):
                market.order(shopper, [(offer_id, 1)], at(month, day), status="delivered")
    return opened


@pytest.fixture(scope="module")
def address(databases: Databases, migrated_template: str) -> Iterator[str]:
    """A market of thirteen vendors with trade in January and March, as its owner may write it."""
    with databases.fresh(migrated_template) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            trade(Market(connection).opened(), 13, (1, 3))
        yield address


@pytest.fixture(scope="module")
def closed(address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse in which both months are closed."""
    folder = tmp_path_factory.mktemp("closed")
    with store.opened(folder) as warehouse:
        load_and_build(warehouse, address)
        close(warehouse)
    return folder


@pytest.fixture
def traded(closed: Path, tmp_path: Path) -> Iterator[Warehouse]:
    """A copy of it, to do anything to."""
    shutil.copytree(closed, tmp_path / "warehouse")
    with store.opened(tmp_path / "warehouse") as warehouse:
        yield warehouse


def forget(warehouse: Warehouse) -> None:
    for table in KEPT:
        warehouse.sql(f"delete from {table}")


def order_values(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.sql(
        """select period_date, cohort, median, owners_at_least, lower_quartile
           from marts.benchmarks where metric_id = 'average_order_value' order by all"""
    ).fetchall()


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


def compared(metric_id: str) -> Compared:
    [found] = [compared for compared in COMPARED if compared.metric_id == metric_id]
    return found


def test_shops_of_an_owner_are_one_value_and_fewer_than_ten_orders_are_nobodys(
    traded: Warehouse,
) -> None:
    contributions = partial(kept.contributions, traded, compared("average_order_value"), MARCH)
    assert len(contributions()) == 13
    [least, second, third, *_] = traded.sql(
        "select vendor_id from marts.vendors order by 1"
    ).fetchall()
    traded.sql(
        """update benchmarks.members set owner_id = (
               select owner_id from source.vendors where vendor_id = ?) where vendor_id = ?""",
        params=[*least, *second],
    )
    traded.sql(
        "delete from marts.vendor_orders where vendor_id = ? and order_date = '2026-03-01'",
        params=[*third],
    )
    found = contributions()
    assert len(found) == 11
    assert min(unit.value for unit in found) == 1_500, "ten orders of 10.00 and ten of 20.00"


def test_what_enters_means_is_winsorised(traded: Warehouse) -> None:
    [found] = traded.sql(
        """select min(value), max(value), min(capped), max(capped) from benchmarks.units
           where metric_id = 'average_order_value' and period_date = '2026-03-01'"""
    ).fetchall()
    assert found == pytest.approx((1_000, 13_000, 1_600, 12_400))  # 0.05 × 12 gaps of 1,000


def test_growth_is_beside_as_many_days_before(traded: Warehouse) -> None:
    traded.sql(
        """update marts.vendor_orders
           set order_date = order_date + 31, items_cents = items_cents // 2
           where order_date < '2026-02-01'"""
    )
    growths = kept.contributions(traded, compared("sales_growth"), MARCH)
    # The first vendor sold 50.00 in February, which is too little to tell.
    assert [unit.value for unit in growths] == [2.0] * 12


def test_a_cohort_is_of_the_top_category_and_of_counted_trade_and_a_shop_at_an_edge_stays(
    traded: Warehouse,
) -> None:
    [at_edge, idle, silent] = traded.sql(
        "select vendor_id from marts.vendors order by vendor_id limit 3"
    ).fetchall()
    traded.sql("delete from benchmarks.members where period_date = '2026-03-01'")
    traded.sql("update benchmarks.members set price_band = 0")
    traded.sql("""
        insert into source.categories (category_id, parent_id, name) values (1, null, 'Kitchen'),
            (2, 1, 'Cups');
        update source.products set category_id = 2
    """)
    traded.sql(
        "delete from marts.order_lines where vendor_id = ? and order_date >= '2026-03-01'",
        params=[*idle],
    )
    traded.sql(
        "update marts.order_lines set is_counted = false where vendor_id = ?", params=[*silent]
    )
    freeze(traded, MARCH)
    members = traded.sql(
        """select vendor_id, category_id, price_band from benchmarks.members
           where period_date = '2026-03-01' order by vendor_id limit 3"""
    ).fetchall()
    # Its price of 10.00 is where the second band begins; 20.00 is in it, far from the edge.
    assert members[0] == (*at_edge, 1, 0)
    assert members[1] == (*idle, 1, 1), "it sold in January"
    assert silent[0] not in {vendor_id for vendor_id, *_ in members}


def test_a_month_is_held_to_what_the_twelve_before_have_shown(traded: Warehouse) -> None:
    def seen(month: date) -> int:
        return len(kept.shown_before(traded, "average_order_value", month))

    assert [seen(date(2027, month, 1)) for month in (1, 2, 3, 4)] == [2, 1, 1, 0]


def test_closing_with_a_weakened_rule_is_stopped_by_the_audit_and_keeps_nothing(
    traded: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(traded)
    monkeypatch.setattr(disclosure, "OWNERS_FOR_MEDIAN", 2)
    with pytest.raises(CheckFailed, match="fewer than 10 owners"):
        close(traded)
    assert [traded.sql(f"select count(*) from {table}").fetchall() for table in KEPT] == [
        [(0,)]
    ] * 5


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


# How each rule is broken: a cell shown, or a fact about it altered, behind the rules' back.
FAULTS = {
    "fewer than 10 owners": """insert into marts.benchmarks by name
        select period_date, metric_id, '/0/1/' as cohort, 100 as step, 100 as median
        from marts.benchmarks""",
    "quartiles of fewer than 20 owners": """update marts.benchmarks set lower_quartile = median
        where metric_id = 'average_order_value'""",
    "a difference of cells leaves fewer than 10 owners": """update benchmarks.units
        set category_id = 1
        where owner_id = (select min(owner_id) from benchmarks.units)""",
    "a difference of cells over two months leaves fewer than 10": """delete from marts.benchmarks
        where period_date = '2026-01-01' and cohort <> '/';
        update benchmarks.units set category_id = 9
        where period_date = '2026-01-01'
        and owner_id = (select min(owner_id) from benchmarks.units)""",
    "one or two owners dominate a mean": """update marts.benchmarks set mean = median;
        update benchmarks.units set capped = 1e9
        where owner_id = (select min(owner_id) from benchmarks.units)""",
    "fewer than 3 owners changed since an earlier month": """delete from benchmarks.units
        where period_date = '2026-01-01'
        and owner_id = (select min(owner_id) from benchmarks.units)""",
    "a figure is not a multiple of its step": "update marts.benchmarks set median = median + 1",
}


@pytest.mark.parametrize("broken", FAULTS)
def test_the_audit_finds_a_cell_that_breaks_a_rule(broken: str, traded: Warehouse) -> None:
    audit(traded, JANUARY)
    traded.sql(FAULTS[broken])
    with pytest.raises(CheckFailed, match=broken):
        audit(traded, JANUARY)


def test_nothing_is_closed_before_it_is_built(warehouse: Warehouse) -> None:
    with pytest.raises(MartsMissing):
        close(warehouse)
