"""What stays on disk to be rolled back to or read on, and what goes."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.market import Market
from tests.warehouse.numbers import Publish
from tests.warehouse.steps import run
from warehouse import manifest, retention

Warehouse = duckdb.DuckDBPyConnection


def test_old_snapshots_go_and_take_their_files_along(
    market: Market,
    warehouse: Warehouse,
    pipeline_database_url: str,
    published: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "SNAPSHOTS_KEPT", 2)
    monkeypatch.setattr(retention, "READING_TAKES", timedelta(0))
    written = []
    for name in ("Ada", "Bea", "Cleo"):
        market.vendor(name)
        written.append(run(warehouse, pipeline_database_url, published))
    assert [kept.snapshot_id for kept in manifest.kept(published)] == [
        written[2].snapshot_id,
        written[1].snapshot_id,
    ]
    assert {path.name for path in published.glob("marts-*")} == {
        written[1].marts.path,
        written[2].marts.path,
    }


def test_what_somebody_may_be_reading_still_is_kept_however_many_follow(
    publish_value: Publish, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SNAPSHOTS_KEPT", 1)
    written = [publish_value(number) for number in (1, 2, 3)]
    assert manifest.kept(published) == written[::-1]
    monkeypatch.setattr(retention, "READING_TAKES", timedelta(0))
    last = publish_value(4)
    assert manifest.kept(published) == [last]


def test_a_killed_runs_leftovers_are_cleared_away(
    market: Market, warehouse: Warehouse, pipeline_database_url: str, published: Path
) -> None:
    (published / "order_lines").mkdir(parents=True)
    leftovers = [
        published / "marts-20200101T000000Z-dead.duckdb",
        published / "marts-20200101T000000Z-dead.duckdb.wal",
        published / "order_lines" / ".2026-03.4711",
    ]
    for path in leftovers:
        path.touch()
    run(warehouse, pipeline_database_url, published)
    assert [path for path in leftovers if path.exists()] == []
