"""Run the pipeline here and now, in this process, recorded where the Dagster UI shows it."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult

from pipelines.abandoned import PROCESS, close_abandoned, own_process
from pipelines.days import today
from pipelines.definitions import defs
from pipelines.failures import cause, objection
from pipelines.installation import Installation, Observer, unheard
from pipelines.instance import QUIET, limit_pools, write_instance
from pipelines.keys import CANDIDATE, LIVE, SNAPSHOT
from pipelines.specs import source_tables


@dataclass(frozen=True)
class RunSummary:
    """What a run came to; `failures` is empty when all went well.

    rows_loaded   rows that this load brought, None where it did not get that far
    snapshot_id   what is published now, None where nothing new was
    verdict       what the gate said, None without training
    """

    run_id: str
    rows_loaded: int | None
    snapshot_id: str | None
    verdict: str | None
    model_version: str | None
    failures: tuple[str, ...]
    seconds: float

    @property
    def is_success(self) -> bool:
        return not self.failures


def materialize_all(
    home: Path,
    database_url: str,
    *,
    full: bool = False,
    train: bool = True,
    observer: Observer = unheard,
) -> RunSummary:
    """Load, build, check, publish and, with `train`, train: each step told to `observer`.

    `home` is RYNEK_HOME, `database_url` the market's Postgres, best for the read-only role. Errors
    of steps and failed checks come back in `failures`; then nothing was published.
    """
    started = time.perf_counter()
    job = defs.resolve_job_def("everything" if train else "refresh")
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        limit_pools(instance)
        close_abandoned(instance)
        with own_farewell():
            result = job.execute_in_process(
                run_config={"ops": {"load": {"config": {"full": full}}}} | QUIET,
                instance=instance,
                raise_on_error=False,
                tags={PROCESS: own_process()},
                partition_key=today(),
                resources={"installation": Installation(home, database_url), "observer": observer},
            )
    return _summary(result, time.perf_counter() - started)


@contextmanager
def own_farewell() -> Iterator[None]:
    """Keep what SIGTERM does: Dagster leaves it doing what SIGINT does, in a script's background
    job nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _summary(result: ExecuteInProcessResult, seconds: float) -> RunSummary:
    found = _metadata(result)
    loads = [found[spec.key]["rows_loaded"] for spec in source_tables() if spec.key in found]
    return RunSummary(
        run_id=result.run_id,
        rows_loaded=sum(loads) if loads else None,
        snapshot_id=found.get(SNAPSHOT, {}).get("snapshot_id"),
        verdict=found.get(CANDIDATE, {}).get("verdict"),
        model_version=found.get(LIVE, {}).get("version"),
        failures=_failures(result),
        seconds=seconds,
    )


def _metadata(result: ExecuteInProcessResult) -> dict[AssetKey, dict[str, Any]]:
    """Return what each asset said of itself, by its key."""
    said = {}
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        said[materialization.asset_key] = {
            name: entry.value for name, entry in materialization.metadata.items()
        }
    return said


def _failures(result: ExecuteInProcessResult) -> tuple[str, ...]:
    """Name the failed checks, else the errors of steps, else what kept the run from starting."""
    checks = tuple(filter(None, map(objection, result.get_asset_check_evaluations())))
    steps = (event.step_failure_data.error for event in result.all_events if event.is_step_failure)
    runs = (event.job_failure_data.error for event in result.all_events if event.is_job_failure)
    return checks or tuple(map(cause, steps)) or tuple(map(cause, runs))
