"""Runs whose process died under them: closed, so that the warehouse's pool is free again.

A run started by `rynek pipeline run` has no launcher that would notice. It carries its process in a
tag; the minute's schedule and the next such run look after it.
"""

import os

import psutil
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

PROCESS = "rynek/process"


def own_process() -> str:
    """Name this process so that no later one of the same number is taken for it."""
    return f"{os.getpid()}@{psutil.Process().create_time():.2f}"


def close_abandoned(instance: DagsterInstance) -> list[str]:
    """Mark tagged runs as failed whose process is gone; return their ids."""
    started = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
    dead = [run for run in started if PROCESS in run.tags and not _lives(run)]
    for run in dead:
        instance.report_run_failed(run, "The process of this run is gone.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in dead]


def _lives(run: DagsterRun) -> bool:
    pid, created = run.tags[PROCESS].split("@")
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" == created
    except psutil.NoSuchProcess:
        return False
