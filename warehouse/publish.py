"""Publish the marts: new files, verified, then the pointer moved in one step (contract 3)."""

import os
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse import ledger, rollback
from warehouse import manifest as manifests
from warehouse.errors import (
    CheckFailed,
    ChecksMissing,
    MartsMissing,
    SnapshotCorrupt,
    WarehouseError,
)
from warehouse.graph import models
from warehouse.ledger import Build
from warehouse.manifest import Manifest, MartsFile, MonthFile, PostgresMoment
from warehouse.months import write_months
from warehouse.retention import retire
from warehouse.snapshot import Snapshot, sha256

# What people query, copied into the marts file.
PUBLISHED = (
    "marts.vendor_orders",
    "marts.vendor_daily",
    "marts.product_daily",
    "marts.orders",
    "marts.offers",
    "marts.product_prices",
    "marts.vendors",
    "marts.recent_order_items",
    "marts.refunds",
    "marts.funnel_daily",
    "marts.service_daily",
    "marts.stock_levels",
    "marts.stock_outs",
    "marts.operator_daily",
    "marts.list_daily",
    "marts.category_daily",
    "marts.categories",
    "marts.days",
    "marts.cohorts",
    "marts.rfm_segments",
    "marts.affinity",
    "marts.search_terms",
    "marts.listing_forecasts",
    "marts.lost_sales",
    "marts.insights",
    "marts.benchmarks",
    "marts.benchmark_placements",
    "ledger.source_days",
)

# Written beside the models, and looked up by vendor too.
ADVICE = ("marts.insights", "marts.benchmark_placements")

# A group is what a lookup unpacks at least: small ones, for one vendor's rows are few.
ROWS_TOGETHER = 10_240

# Published beside it month by month: table and the column that dates a row.
MONTHLY = {"order_lines": "order_date", "interactions": "occurred_at"}


def publish(connection: duckdb.DuckDBPyConnection, published: Path, run: str) -> Manifest:
    """Publish the marts as they stand under a new snapshot id; `run` goes into the names.

    Marts that are published already keep their files: only the moment they are good for moves on.
    Raises MartsMissing, ChecksMissing or CheckFailed, and then publishes nothing.
    """
    build = _approved(connection)
    loaded = ledger.load(connection, build.load_id)
    published.mkdir(parents=True, exist_ok=True)
    previous = _previous(published)
    built_at = datetime.now(UTC)
    snapshot_id = f"{built_at:%Y%m%dT%H%M%S%fZ}-{run[:8]}"
    marts, months = _files(connection, published, build, previous, snapshot_id)
    manifest = Manifest(
        snapshot_id=snapshot_id,
        build=build.build,
        built_at=built_at,
        data_through=loaded.moment.taken_at,
        currency=loaded.currency,
        time_zone=loaded.time_zone,
        duckdb_version=duckdb.__version__,
        postgres=PostgresMoment(
            loaded.moment.identity, loaded.moment.snapshot, loaded.moment.relay_position
        ),
        marts=marts,
        parquet=months,
        checks=tuple(ledger.checks(connection, build.build)),
        erased_through=loaded.moment.erased_through,
    )
    manifests.keep(published, manifest)
    rollback.follow(published, manifest)
    retire(published)
    return manifest


def _approved(connection: duckdb.DuckDBPyConnection) -> Build:
    """Return the build when every check of it passed."""
    build = ledger.last_build(connection)
    if build is None:
        raise MartsMissing("nothing is built yet")
    results = ledger.checks(connection, build.build)
    if not results:
        raise ChecksMissing(f"build {build.build}")
    if failed := [result for result in results if not result.passed]:
        raise CheckFailed("; ".join(f"{result.name}: {result.detail}" for result in failed))
    return build


def _previous(published: Path) -> Manifest | None:
    """Return the manifest published last, whether or not it is served and its files are whole."""
    return next(iter(manifests.kept(published)), None)


def _files(
    connection: duckdb.DuckDBPyConnection,
    published: Path,
    build: Build,
    previous: Manifest | None,
    snapshot_id: str,
) -> tuple[MartsFile, dict[str, tuple[MonthFile, ...]]]:
    whole = previous if previous and _is_whole(published, previous) else None
    if whole and whole.build == build.build:
        return whole.marts, whole.parquet
    earlier = whole.parquet if whole else {}
    months = {
        table: write_months(connection, published, table, day, earlier.get(table, ()))
        for table, day in MONTHLY.items()
    }
    return _write_marts(connection, published, f"marts-{snapshot_id}.duckdb"), months


def _is_whole(published: Path, manifest: Manifest) -> bool:
    try:
        Snapshot.open(published, manifest).close()
    except WarehouseError:
        return False
    return True


def _write_marts(connection: duckdb.DuckDBPyConnection, published: Path, name: str) -> MartsFile:
    path = published / name
    quoted = str(path).replace("'", "''")
    connection.sql(f"attach '{quoted}' as fresh (row_group_size {ROWS_TOGETHER})")
    try:
        for table in PUBLISHED:
            connection.sql(f"create table fresh.{table.split('.')[1]} as {_in_order(table)}")
        for table in MONTHLY:
            connection.sql(f"create table fresh.{table} as from marts.{table} limit 0")
    finally:
        connection.sql("detach fresh")
    _verify(connection, quoted)
    _flush(path)
    return MartsFile(name, sha256(path), path.stat().st_size)


def _in_order(table: str) -> str:
    order = order_of(table)
    return f"from {table} order by {', '.join(order)}" if order else f"from {table}"


def order_of(table: str) -> tuple[str, ...]:
    """The terms by which a published table lies, its model's; none where they do not matter.

    What was built in parts lies at the mart's end; a reader passes over all groups of rows whose
    least and greatest vendor rule out the one that it looks for.
    """
    if table in ADVICE:
        return ("vendor_id",)
    return next((model.order for model in models() if model.target == table), ())


def _verify(connection: duckdb.DuckDBPyConnection, quoted: str) -> None:
    """Read the whole file back and compare it with what it was written from."""
    connection.sql(f"attach '{quoted}' as fresh (read_only)")
    try:
        for table in PUBLISHED:
            written = _sum_of(connection, f"fresh.{table.split('.')[1]}")
            if written != _sum_of(connection, table):
                raise SnapshotCorrupt(f"{table} did not survive being written")
    finally:
        connection.sql("detach fresh")


def _sum_of(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int]:
    [answer] = connection.sql(f"select count(*), sum(hash(t)) from {table} as t").fetchall()
    return answer


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
