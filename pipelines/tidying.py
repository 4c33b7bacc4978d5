"""Forget runs that nobody will look at again: Dagster's storage keeps every one for good.

A refresh leaves 1.6 MB, and there may be one a minute: one that went well is kept for six hours.
Any other run is kept for RYNEK_RUNS_KEPT_DAYS. What is known of assets stays: which days are built,
what was loaded last, what the checks last said.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    OpExecutionContext,
    ResourceParam,
    RetryPolicy,
    RunsFilter,
    in_process_executor,
    job,
    op,
)

from pipelines.event_log import EventLog
from pipelines.installation import Installation

FREQUENT = ("refresh", "tidy")
FREQUENT_KEPT = timedelta(hours=6)
OVER = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
# What an installation of weeks ago has to catch up with takes several turns.
RUNS_AT_ONCE = 2_000
FILES = ("history/runs.db", "history/runs/index.db", "history/runs/.db", "schedules/schedules.db")
# A file is written anew where a quarter of it is empty, and that is more than a few pages.
EMPTY_SHARE, EMPTY_PAGES = 0.25, 1_000
LOCK_SECONDS = 30.0


@op(
    description="Delete old runs with their logs and give back the space.",
    retry_policy=RetryPolicy(max_retries=2, delay=30),
)
def forget_old_runs(context: OpExecutionContext, installation: ResourceParam[Installation]) -> None:
    forgotten = forget(context.instance, datetime.now(UTC), installation.runs_kept)
    given_back = give_back_space(installation.home / "dagster")
    context.log.info(f"{forgotten} runs forgotten, {given_back / 1e6:.0f} MB given back")


@job(
    description="Forget old runs, so that Dagster's history stays below 0.7 GB.",
    executor_def=in_process_executor,
)
def tidy() -> None:
    forget_old_runs()


def forget(instance: DagsterInstance, now: datetime, kept: timedelta) -> int:
    """Delete runs that are over and older than they are kept, the oldest first; count them."""
    old = list(_old(instance, now, kept))[:RUNS_AT_ONCE]
    for run_id in old:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    _forget_strays(instance)
    return len(old)


def _old(instance: DagsterInstance, now: datetime, kept: timedelta) -> Iterator[str]:
    yield from _before(instance, RunsFilter(statuses=OVER, created_before=now - kept))
    soon = now - min(kept, FREQUENT_KEPT)
    for name in FREQUENT:
        well = RunsFilter(job_name=name, statuses=[DagsterRunStatus.SUCCESS], created_before=soon)
        yield from _before(instance, well)


def _before(instance: DagsterInstance, filters: RunsFilter) -> list[str]:
    return list(reversed(instance.get_run_ids(filters)))


def _forget_strays(instance: DagsterInstance) -> None:
    """What a tidying that was killed left behind, and a page that asked for a run that is gone."""
    log = instance.event_log_storage
    assert isinstance(log, EventLog), "the settings name it"
    log.forget_overtaken()
    # Runs are read last: one that begins now has a row before it has a file.
    filed = set(log.get_all_run_ids())
    for run_id in filed - set(instance.get_run_ids()):
        log.delete_events(run_id)


def give_back_space(folder: Path) -> int:
    """Write files anew that have become mostly empty; return by how many bytes they shrank."""
    return sum(_shrunk(folder / name) for name in FILES if (folder / name).exists())


def _shrunk(path: Path) -> int:
    before = path.stat().st_size
    with closing(sqlite3.connect(path, LOCK_SECONDS, isolation_level=None)) as connection:
        [(empty,)] = connection.execute("pragma freelist_count")
        [(pages,)] = connection.execute("pragma page_count")
        if empty < max(EMPTY_PAGES, pages * EMPTY_SHARE):
            return 0
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
    return before - path.stat().st_size
