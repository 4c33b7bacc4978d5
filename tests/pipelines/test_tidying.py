"""Old runs are forgotten, and what they made of assets is not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance, DagsterRunStatus
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange

from pipelines.definitions import defs
from pipelines.errors import ConfigurationInvalidError
from pipelines.event_log import EventLog
from pipelines.installation import Installation
from pipelines.instance import write_instance
from pipelines.keys import days_marts
from pipelines.run import materialize_all
from pipelines.tidying import forget, give_back_space
from tests.pipelines.test_event_log import EVENTS, SALES, VISITS, told_of
from tests.warehouse.market import Market
from warehouse.checks import rules

HOURS, MONTH = timedelta(hours=7), timedelta(days=30)
VENDOR_DAILY = AssetKey(["marts", "vendor_daily"])


@pytest.fixture
def instance(home: Path) -> Iterator[DagsterInstance]:
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        yield instance


def run_of(instance: DagsterInstance, job: str, status: DagsterRunStatus) -> str:
    run = instance.create_run_for_job(defs.resolve_job_def(job), status=status)
    instance.event_log_storage.store_event(told_of(SALES, "2026-03-09", run.run_id))
    return run.run_id


def files(home: Path) -> set[str]:
    return {path.name for path in (home / "dagster" / "history" / "runs").glob("?*.db*")}


def test_a_refresh_that_went_well_is_kept_for_hours_and_other_runs_for_days(
    instance: DagsterInstance, home: Path
) -> None:
    well, tidied, failed, trained, begun = (
        run_of(instance, job, status)
        for job, status in (
            ("refresh", DagsterRunStatus.SUCCESS),
            ("tidy", DagsterRunStatus.SUCCESS),
            ("refresh", DagsterRunStatus.FAILURE),
            ("training", DagsterRunStatus.SUCCESS),
            ("training", DagsterRunStatus.STARTED),
        )
    )
    now = datetime.now(UTC)
    assert forget(instance, now, MONTH) == 0
    assert forget(instance, now + HOURS, MONTH) == 2
    assert set(instance.get_run_ids()) == {failed, trained, begun}
    assert not {name for name in files(home) if well in name or tidied in name}
    assert forget(instance, now + MONTH + HOURS, MONTH) == 2
    assert instance.get_run_ids() == [begun]
    assert files(home) >= {f"{begun}.db", "index.db"}


def test_of_more_than_can_be_forgotten_at_once_the_oldest_go_first(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.tidying.RUNS_AT_ONCE", 1)
    _, newer = (run_of(instance, "refresh", DagsterRunStatus.SUCCESS) for _ in range(2))
    assert forget(instance, datetime.now(UTC) + HOURS, MONTH) == 1
    assert instance.get_run_ids() == [newer]


def test_of_how_fresh_an_asset_was_the_last_word_alone_is_kept(
    instance: DagsterInstance, home: Path
) -> None:
    states = (FreshnessState.UNKNOWN, FreshnessState.PASS, FreshnessState.WARN)
    for before, now in pairwise(states):
        instance._report_runless_asset_event(
            FreshnessStateChange(
                key=SALES, previous_state=before, new_state=now, state_change_timestamp=1.0
            )
        )
    forget(instance, datetime.now(UTC), MONTH)
    for name in ("index.db", ".db"):
        path = home / "dagster" / "history" / "runs" / name
        with closing(sqlite3.connect(path)) as connection:
            [(kept,)] = connection.execute("select event from event_logs")
        assert FreshnessState.WARN.value in kept, name


def test_what_an_asset_was_last_told_of_outlives_the_run_that_told_it(
    instance: DagsterInstance,
) -> None:
    log = instance.event_log_storage
    log.store_event_batch(EVENTS)
    latest = log.get_latest_materialization_events([SALES, VISITS])
    instance.delete_run("a-run")
    kept = instance.fetch_materializations(SALES, limit=10).records
    assert sorted((str(record.partition_key), record.run_id) for record in kept) == [
        ("2026-03-09", "another-run"),
        ("2026-03-10", "a-run"),
        ("2026-03-11", "a-run"),
    ]
    assert instance.get_materialized_partitions(VISITS) == {"2026-03-09", "2026-03-10"}
    assert log.get_latest_materialization_events([SALES, VISITS]) == latest
    tags = log.get_event_tags_for_asset(SALES)
    assert len(tags) == len(kept)


def test_files_of_runs_that_nobody_knows_go_too(instance: DagsterInstance, home: Path) -> None:
    instance.event_log_storage.store_event(told_of(SALES, "2026-03-09", "a-stray"))
    assert "a-stray.db" in files(home)
    forget(instance, datetime.now(UTC), MONTH)
    assert "a-stray.db" not in files(home)
    assert instance.get_materialized_partitions(SALES) == {"2026-03-09"}


def test_space_is_given_back(instance: DagsterInstance, home: Path) -> None:
    log, index = instance.event_log_storage, home / "dagster" / "history" / "runs" / "index.db"
    assert isinstance(log, EventLog)
    for number in range(20):
        day = [told_of(SALES, "2026-03-09", f"run-{number}") for _ in range(500)]
        log.store_event_batch(day)
    assert give_back_space(home / "dagster") == 0, "nothing is empty yet"
    forget(instance, datetime.now(UTC), MONTH)
    before = index.stat().st_size
    assert give_back_space(home / "dagster") > before // 2
    assert index.stat().st_size < before // 2
    with closing(sqlite3.connect(index)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert instance.get_materialized_partitions(SALES) == {"2026-03-09"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_of_a_real_refresh_stays_known_what_it_made_and_how_it_was_judged(
    market: Market, home: Path, pipeline_database_url: str, instance: DagsterInstance
) -> None:
    assert materialize_all(home, pipeline_database_url, train=False).failures == ()
    log = instance.event_log_storage

    def known() -> list[object]:
        judged = [
            AssetCheckKey(AssetKey(about.split(".")), name) for name, (about, _) in rules().items()
        ]
        checks = log.get_latest_asset_check_execution_by_key(judged)
        assert checks.keys() == set(judged)
        return [
            [instance.get_materialized_partitions(mart) for mart in days_marts()],
            instance.get_latest_materialization_event(VENDOR_DAILY),
            {key: (check.status, check.event) for key, check in checks.items()},
        ]

    before = known()
    [run_id] = instance.get_run_ids()
    assert (home / "dagster" / "storage" / run_id).exists()
    assert forget(instance, datetime.now(UTC) + HOURS, MONTH) == 1
    assert instance.get_run_ids() == []
    assert not {name for name in files(home) if run_id in name}
    assert not (home / "dagster" / "storage" / run_id).exists()
    assert known() == before


@pytest.mark.parametrize("days", ["soon", "0", "-1", "1e3", "100000"])
def test_days_that_runs_cannot_be_kept_for_are_refused_by_name(days: str) -> None:
    with pytest.raises(ConfigurationInvalidError, match=r"RYNEK_RUNS_KEPT_DAYS is .* from 1 to"):
        Installation.from_environment({"RYNEK_RUNS_KEPT_DAYS": days})


def test_runs_are_kept_for_as_long_as_it_is_said() -> None:
    kept = Installation.from_environment({"RYNEK_RUNS_KEPT_DAYS": "7"}).runs_kept
    assert kept == timedelta(days=7)
    assert Installation.from_environment({}).runs_kept == MONTH
