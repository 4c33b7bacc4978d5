from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.market import Market
from tests.warehouse.steps import approve, load_and_build, run
from warehouse import ledger, manifest
from warehouse.errors import (
    CheckFailed,
    ChecksMissing,
    MartsMissing,
    SnapshotCorrupt,
    SnapshotMissing,
)
from warehouse.load import load
from warehouse.manifest import CheckResult
from warehouse.publish import publish
from warehouse.reconcile import published as reconciled
from warehouse.snapshot import Snapshot, sha256

Warehouse = duckdb.DuckDBPyConnection

FEBRUARY = datetime(2026, 2, 10, 12, tzinfo=UTC)
MARCH = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def offer_id(market: Market) -> int:
    """One offer, sold once in February and once in March."""
    offer_id = market.offer(market.vendor("Ada"))
    for placed_at in (FEBRUARY, MARCH):
        market.order(market.shopper(), [(offer_id, 1)], placed_at)
    return offer_id


@pytest.fixture
def approved(offer_id: int, warehouse: Warehouse, pipeline_database_url: str) -> Warehouse:
    """The warehouse with both sales, ready to be published."""
    load_and_build(warehouse, pipeline_database_url)
    approve(warehouse)
    return warehouse


def test_the_manifest_tells_where_the_data_stands(
    market: Market, offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    market.ask("update relay set last_position = 7")
    written = run(warehouse, pipeline_database_url, published)
    loaded = ledger.last(warehouse)
    assert loaded is not None
    assert manifest.current(published) == written
    assert written.data_through == loaded.moment.taken_at <= written.built_at
    assert (written.currency, written.time_zone) == ("USD", "America/New_York")
    assert written.postgres.snapshot == loaded.moment.snapshot
    assert written.postgres.identity == loaded.moment.identity
    assert written.postgres.relay_position == 7
    assert all(check.passed for check in written.checks)
    for path, digest in [
        (written.marts.path, written.marts.sha256),
        *((month.path, month.sha256) for month in written.parquet["order_lines"]),
    ]:
        assert sha256(published / path) == digest


def test_everything_published_can_be_asked(
    offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    run(warehouse, pipeline_database_url, published)
    snapshot = Snapshot.current(published)
    assert snapshot.rows("select sum(sales_cents) from vendor_daily") == [(2000,)]
    assert snapshot.rows("select count(*) from order_lines") == [(2,)]
    assert snapshot.rows("select count(*) from interactions where type = 'purchase'") == [(2,)]
    assert reconciled(snapshot) == []


def test_what_was_built_in_parts_is_published_in_order(
    market: Market, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    ada, bert = market.offer(market.vendor("Ada")), market.offer(market.vendor("Bert"))
    for offer_id in (ada, bert):
        market.order(market.shopper(), [(offer_id, 1)], FEBRUARY)
    run(warehouse, pipeline_database_url, published)
    market.order(market.shopper(), [(ada, 1)], MARCH)
    run(warehouse, pipeline_database_url, published)
    placed = "select vendor_id, placed_at from {} order by rowid"
    built = warehouse.sql(placed.format("marts.vendor_orders")).fetchall()
    assert built != sorted(built), "the new part lies at the end"
    assert Snapshot.current(published).rows(placed.format("marts.vendor_orders")) == sorted(built)


@pytest.mark.parametrize(
    ("table", "cents", "counted"),
    [
        ("orders", "total_cents", 1490),
        ("vendor_orders", "items_cents", 1000),
        ("order_lines", "line_cents", 1000),
    ],
)
def test_a_published_figure_that_the_source_never_counted_is_found(
    table: str, cents: str, counted: int, approved: Warehouse, published: Path
) -> None:
    approved.sql(f"update marts.{table} set {cents} = 999 where order_date > '2026-03-01'")
    publish(approved, published, "test")
    [difference] = reconciled(Snapshot.current(published))
    assert (difference.table, str(difference.day)) == (table, "2026-03-10")
    assert (difference.source_cents, difference.warehouse_cents) == (counted, 999)


def test_a_published_event_that_the_source_never_counted_is_found(
    market: Market, approved: Warehouse, published: Path
) -> None:
    approved.sql("insert into marts.events (type, occurred_at) values ('view', '2026-03-10')")
    publish(approved, published, "test")
    [difference] = reconciled(Snapshot.current(published))
    assert (difference.table, str(difference.day)) == ("behaviour_events", "2026-03-10")
    assert (difference.source_rows, difference.warehouse_rows) == (0, 1)


def test_a_figure_that_changed_while_it_was_written_is_found_before_the_pointer_moves(
    approved: Warehouse, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def a_cent_more(table: str) -> str:
        if table != "marts.vendor_orders":
            return f"from {table}"
        return f"select * replace (items_cents + 1 as items_cents) from {table}"

    monkeypatch.setattr("warehouse.publish._in_order", a_cent_more)
    with pytest.raises(SnapshotCorrupt, match=r"marts\.vendor_orders did not survive"):
        publish(approved, published, "test")
    with pytest.raises(SnapshotMissing):
        manifest.current(published)


def test_a_month_that_changed_while_it_was_written_is_found(
    approved: Warehouse, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    march = [(MARCH.date().replace(day=1), 1, "the sum of other rows")]
    monkeypatch.setattr("warehouse.months._fingerprints", lambda *_: march)
    with pytest.raises(SnapshotCorrupt, match="did not survive"):
        publish(approved, published, "test")


def test_a_month_holds_its_first_day_and_not_the_next_months(
    market: Market, offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    market.order(market.shopper(), [(offer_id, 1)], MARCH.replace(day=1))
    months = run(warehouse, pipeline_database_url, published).parquet
    for table in ("order_lines", "interactions"):
        assert [(month.month, month.rows) for month in months[table]] == [
            ("2026-02", 1),
            ("2026-03", 2),
        ]


def test_who_reads_a_file_while_it_is_replaced_reads_the_old_one_whole(tmp_path: Path) -> None:
    manifest.replace(tmp_path / "pointer", b"old")
    with (tmp_path / "pointer").open("rb") as reader:
        manifest.replace(tmp_path / "pointer", b"newer")
        assert reader.read() == b"old"
    assert (tmp_path / "pointer").read_bytes() == b"newer"


def test_only_changed_months_are_written_anew(
    market: Market, offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    before = run(warehouse, pipeline_database_url, published).parquet["order_lines"]
    market.order(market.shopper(), [(offer_id, 1)], MARCH)
    after = run(warehouse, pipeline_database_url, published).parquet["order_lines"]
    assert [month.month for month in after] == ["2026-02", "2026-03"]
    assert after[0] == before[0]
    assert after[1].path != before[1].path
    assert after[1].rows == 2


def test_with_nothing_new_only_the_moment_moves_on(
    offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    first = run(warehouse, pipeline_database_url, published)
    second = run(warehouse, pipeline_database_url, published)
    assert (second.marts, second.parquet) == (first.marts, first.parquet)
    assert second.snapshot_id > first.snapshot_id
    assert second.data_through > first.data_through
    assert second.postgres.snapshot != first.postgres.snapshot


def test_a_deleted_file_is_published_anew_under_another_name(
    offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    first = run(warehouse, pipeline_database_url, published)
    (published / first.marts.path).unlink()
    (published / first.parquet["order_lines"][0].path).unlink()
    second = run(warehouse, pipeline_database_url, published)
    assert second.marts.path != first.marts.path
    assert Snapshot.current(published).rows("select count(*) from order_lines") == [(2,)]


def test_a_damaged_month_is_published_anew(
    offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    first = run(warehouse, pipeline_database_url, published)
    month = published / first.parquet["order_lines"][0].path
    month.write_bytes(month.read_bytes()[:64])
    run(warehouse, pipeline_database_url, published)
    assert Snapshot.current(published).rows("select count(*) from order_lines") == [(2,)]


def test_a_failed_check_leaves_the_last_good_snapshot(
    market: Market, offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    good = run(warehouse, pipeline_database_url, published)
    market.vendor("Bea")
    load_and_build(warehouse, pipeline_database_url)
    approve(warehouse)
    this = ledger.last_build(warehouse)
    assert this is not None
    ledger.record_checks(warehouse, this.build, [CheckResult("stock_adds_up", False, "3 rows")])
    with pytest.raises(CheckFailed, match="stock_adds_up: 3 rows"):
        publish(warehouse, published, "test")
    assert manifest.current(published) == good


def test_marts_that_nobody_judged_are_not_published(
    market: Market, offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    run(warehouse, pipeline_database_url, published)
    market.vendor("Bea")
    load_and_build(warehouse, pipeline_database_url)
    with pytest.raises(ChecksMissing):
        publish(warehouse, published, "test")


def test_a_load_by_another_run_does_not_move_the_moment_of_older_marts(
    market: Market, offer_id: int, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    load_and_build(warehouse, pipeline_database_url)
    approve(warehouse)
    built = ledger.last(warehouse)
    market.vendor("Bea")
    load(warehouse, pipeline_database_url)
    assert built is not None
    assert publish(warehouse, published, "test").postgres.snapshot == built.moment.snapshot


def test_nothing_is_published_before_it_is_built(warehouse: Warehouse, published: Path) -> None:
    with pytest.raises(MartsMissing):
        publish(warehouse, published, "test")
    with pytest.raises(SnapshotMissing):
        manifest.current(published)
