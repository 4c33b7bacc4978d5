from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    RunRequest,
    ScheduleDefinition,
    SkipReason,
    build_schedule_context,
)

from pipelines import jobs
from pipelines.abandoned import PROCESS
from pipelines.definitions import defs
from pipelines.instance import QUIET, write_instance
from pipelines.jobs import each_minute, each_morning, each_night
from pipelines.keys import POOLS
from tests.warehouse.market import Market
from tests.warehouse.steps import run
from warehouse import store

NEW_YORK = ZoneInfo("America/New_York")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def instance(
    home: Path, pipeline_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DagsterInstance]:
    monkeypatch.setenv("PIPELINE_DATABASE_URL", pipeline_database_url)
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        yield instance


def test_an_open_market_is_refreshed(market: Market, instance: DagsterInstance) -> None:
    answer = each_minute(build_schedule_context(instance))
    assert isinstance(answer, RunRequest)
    assert answer.run_config == QUIET, "its events are in the UI, not in a log file too"


@pytest.mark.parametrize("job", ["refresh", "everything"])
def test_a_refresh_waits_for_the_one_under_way(
    market: Market, instance: DagsterInstance, job: str
) -> None:
    instance.create_run_for_job(defs.resolve_job_def(job), status=DagsterRunStatus.STARTED)
    answer = each_minute(build_schedule_context(instance))
    assert isinstance(answer, SkipReason)
    assert answer.skip_message == f"{job} is still under way"


def test_a_refresh_waits_for_none_whose_process_is_gone(
    market: Market, instance: DagsterInstance
) -> None:
    run = instance.create_run_for_job(
        defs.resolve_job_def("everything"),
        status=DagsterRunStatus.STARTED,
        tags={PROCESS: "999999999@1.00"},
    )
    assert isinstance(each_minute(build_schedule_context(instance)), RunRequest)
    assert instance.get_run_by_id(run.run_id).status == DagsterRunStatus.FAILURE
    limits = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    assert limits == POOLS, "also where no run of ours has set them before"


def test_a_quiet_market_is_refreshed_only_every_ten_minutes(
    market: Market,
    home: Path,
    instance: DagsterInstance,
    pipeline_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RYNEK_HOME", str(home))
    offer, shopper = market.offer(market.vendor("Bea")), market.shopper()
    with store.opened(home / "warehouse") as warehouse:
        run(warehouse, pipeline_database_url, home / "published")
    answer = each_minute(build_schedule_context(instance))
    assert isinstance(answer, SkipReason)
    assert answer.skip_message == "nothing changed since the last load"
    monkeypatch.setattr(jobs, "QUIET_AT_MOST", timedelta(0))
    assert isinstance(each_minute(build_schedule_context(instance)), RunRequest)
    monkeypatch.undo()
    monkeypatch.setenv("RYNEK_HOME", str(home))
    monkeypatch.setenv("PIPELINE_DATABASE_URL", pipeline_database_url)
    market.order(shopper, [(offer, 1)])
    assert isinstance(each_minute(build_schedule_context(instance)), RunRequest)


def test_a_market_that_is_not_open_yet_is_let_be(instance: DagsterInstance) -> None:
    answer = each_minute(build_schedule_context(instance))
    assert isinstance(answer, SkipReason)
    assert "not open yet" in str(answer.skip_message)


@pytest.mark.parametrize(("schedule", "hour"), [(each_morning, 3), (each_night, 4)])
def test_the_nights_work_begins_in_the_markets_own_small_hours(
    market: Market,
    home: Path,
    instance: DagsterInstance,
    pipeline_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    schedule: ScheduleDefinition,
    hour: int,
) -> None:
    monkeypatch.setenv("RYNEK_HOME", str(home))

    def runs_at(moment: datetime) -> bool:
        context = build_schedule_context(instance, scheduled_execution_time=moment)
        return isinstance(schedule(context), RunRequest)

    days = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((1, 15), (3, 8), (11, 1))]
    assert not runs_at(days[0]), "nothing is published yet"
    with store.opened(home / "warehouse") as warehouse:
        run(warehouse, pipeline_database_url, home / "published")
    for day in days:  # the clocks of New York change on the last two
        moments = [day + timedelta(hours=hours, minutes=15) for hours in range(24)]
        found = [moment.astimezone(NEW_YORK).hour for moment in moments if runs_at(moment)]
        assert found == [hour]
