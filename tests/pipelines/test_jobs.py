from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    RunRequest,
    SkipReason,
    build_schedule_context,
)

from pipelines.definitions import defs
from pipelines.instance import write_instance
from pipelines.jobs import each_minute
from tests.warehouse.market import Market

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def instance(
    home: Path, pipeline_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DagsterInstance]:
    monkeypatch.setenv("PIPELINE_DATABASE_URL", pipeline_database_url)
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        yield instance


def test_an_open_market_is_refreshed(market: Market, instance: DagsterInstance) -> None:
    assert isinstance(each_minute(build_schedule_context(instance)), RunRequest)


@pytest.mark.parametrize("job", ["refresh", "everything"])
def test_a_refresh_waits_for_the_one_under_way(
    market: Market, instance: DagsterInstance, job: str
) -> None:
    instance.create_run_for_job(defs.resolve_job_def(job), status=DagsterRunStatus.STARTED)
    answer = each_minute(build_schedule_context(instance))
    assert isinstance(answer, SkipReason)
    assert answer.skip_message == f"{job} is still under way"


def test_a_market_that_is_not_open_yet_is_let_be(instance: DagsterInstance) -> None:
    answer = each_minute(build_schedule_context(instance))
    assert isinstance(answer, SkipReason)
    assert "not open yet" in str(answer.skip_message)
