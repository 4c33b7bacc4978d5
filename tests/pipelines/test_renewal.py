"""A server of definitions that knows other days than the warehouse makes room for another."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus, SensorEvaluationContext, SkipReason
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin

from pipelines.days import FIRST, note_first
from pipelines.definitions import defs
from pipelines.instance import write_instance
from pipelines.renewal import read_days_anew
from rynek.local.ports import LOOPBACK, any_free
from tests.conftest import REPOSITORY
from tests.serving.patience import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def instance(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    monkeypatch.setenv("RYNEK_HOME", str(home))
    (home / "warehouse").mkdir(parents=True)
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        yield instance


def asked(
    instance: DagsterInstance, origin: GrpcServerCodeLocationOrigin | None = None
) -> str | None:
    context = SensorEvaluationContext(
        instance_ref=None,
        last_tick_completion_time=None,
        last_run_key=None,
        cursor=None,
        repository_name=None,
        instance=instance,
        code_location_origin=origin,
    )
    answer = read_days_anew(context)
    assert isinstance(answer, SkipReason)
    return answer.skip_message


@contextmanager
def definitions_served() -> Iterator[
    tuple["subprocess.Popen[bytes]", GrpcServerCodeLocationOrigin]
]:
    """A server as `rynek up` starts it."""
    port = any_free()
    at = ("--host", LOOPBACK, "--port", str(port), "--module-name", "pipelines.definitions")
    command = (sys.executable, "-m", "dagster", "api", "grpc", *at)
    origin = GrpcServerCodeLocationOrigin(LOOPBACK, port)
    with subprocess.Popen(command, cwd=REPOSITORY) as server:
        try:
            until(
                lambda: (
                    server.poll() is None
                    and origin.create_client().health_check_query() == "SERVING"
                ),
                120.0,
            )
            yield server, origin
        finally:
            server.kill()


def test_days_as_they_were_read_need_no_renewal(instance: DagsterInstance, home: Path) -> None:
    note_first(home / "warehouse", FIRST)
    assert asked(instance) == f"the days begin with {FIRST}"


def test_a_server_that_knows_other_days_ends_unless_a_run_is_under_way(
    instance: DagsterInstance, home: Path
) -> None:
    with definitions_served() as (server, origin):
        note_first(home / "warehouse", date(2026, 3, 10))
        run = instance.create_run_for_job(
            defs.resolve_job_def("training"), status=DagsterRunStatus.STARTED
        )
        assert asked(instance, origin) == "a run is under way"
        instance.delete_run(run.run_id)
        assert "reload the definitions" in str(asked(instance)), "nobody would start it again"
        assert server.poll() is None
        assert "read anew" in str(asked(instance, origin))
        assert server.wait(60) == 0
