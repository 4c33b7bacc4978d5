"""Dagster's own daemon, as `rynek up` runs it: a refresh a minute, and what it does with a kill."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

from pipelines.instance import write_instance
from pipelines.run import materialize_all
from tests.conftest import REPOSITORY
from tests.serving.patience import until
from tests.warehouse.market import Market
from warehouse import manifest
from warehouse.publish import PUBLISHED
from warehouse.snapshot import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DAEMON = (sys.executable, "-m", "dagster._daemon", "run", "-m", "pipelines.definitions")
STARTED = re.compile(r"Started process for run \(pid: (\d+)\)")
WAITING = """
    select exists (
        select from pg_locks join pg_database on pg_database.oid = database
        where datname = current_database() and relation = 'order_lines'::regclass and not granted)
"""
SECONDS = 240.0  # a daemon on a busy machine: its start, a minute's tick, a run, and another one


@contextmanager
def daemon(home: Path, database_url: str) -> Iterator[None]:
    environment = os.environ | {
        "RYNEK_HOME": str(home),
        "DAGSTER_HOME": str(home / "dagster"),
        "PIPELINE_DATABASE_URL": database_url,
    }
    log = (home / "daemon.log").open("w")
    with (
        log,
        subprocess.Popen(
            DAEMON, cwd=REPOSITORY, env=environment, stdout=log, stderr=log
        ) as process,
    ):
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)


def impatient(home: Path) -> Path:
    """Our settings of Dagster, but for how long its monitor rests: the slots of a killed run are
    free after a second, not half a minute."""
    settings = (write_instance(home) / "dagster.yaml").read_text()
    patient = ("poll_interval_seconds: 30", "free_slots_after_run_end_seconds: 30")
    assert all(line in settings for line in patient)
    for line in patient:
        settings = settings.replace(line, line.replace("30", "1"))
    (home / "dagster" / "dagster.yaml").write_text(settings)
    return home / "dagster"


def process_of(instance: DagsterInstance, run: DagsterRun) -> int:
    """The process in which a run runs, as its launcher wrote it down; 0 before that."""
    messages = (entry.message for entry in instance.all_logs(run.run_id))
    return next((int(found[1]) for line in messages if (found := STARTED.search(line))), 0)


def retry_of(instance: DagsterInstance, run: DagsterRun) -> DagsterRun | None:
    done = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.SUCCESS]))
    return next((other for other in done if other.parent_run_id == run.run_id), None)


def tries(run: DagsterRun) -> int:
    return int(run.tags.get("dagster/retry_number", 0))


def alert_of(home: Path, run: DagsterRun) -> dict[str, Any] | None:
    """What the data team was told of the run."""
    try:
        return json.loads((home / "alerts" / f"{run.run_id}.json").read_text())
    except FileNotFoundError:
        return None


def contents(published: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every published mart, row for row."""
    snapshot = Snapshot.current(published)
    names = [table.removeprefix("marts.") for table in PUBLISHED if table.startswith("marts.")]
    return {name: snapshot.rows(f"from {name} order by all") for name in names}


def test_a_refresh_that_is_killed_is_run_again_by_the_daemon_and_ends_in_the_same_rows(
    market: Market, database_url: str, home: Path, pipeline_database_url: str, tmp_path: Path
) -> None:
    with DagsterInstance.from_config(str(impatient(home))) as instance:
        with psycopg.connect(database_url) as reader, daemon(home, pipeline_database_url):
            reader.execute("lock table order_lines in access exclusive mode")
            until(lambda: market.value(WAITING), SECONDS)  # a load is under way, and stays so
            # On a busy machine a run before it may never have begun, and have been run again.
            [killed] = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
            os.kill(until(lambda: process_of(instance, killed)), signal.SIGKILL)
            until(lambda: instance.get_run_by_id(killed.run_id).is_finished, SECONDS)
            assert not (home / "published" / manifest.POINTER).exists()
            reader.rollback()
            again = until(lambda: retry_of(instance, killed), SECONDS)
            alert = until(lambda: alert_of(home, killed), SECONDS)
        first = instance.get_run_by_id(killed.run_id)
    assert first is not None
    assert first.status is DagsterRunStatus.FAILURE
    assert (again.job_name, tries(again)) == ("refresh", tries(killed) + 1)
    assert (alert["job"], alert["steps"]) == ("refresh", [])
    assert "SIGKILL" in alert["message"]
    other = tmp_path / "other"
    assert materialize_all(other, pipeline_database_url, train=False).failures == ()
    assert contents(home / "published") == contents(other / "published")
    assert contents(home / "published")["vendor_daily"] != []
