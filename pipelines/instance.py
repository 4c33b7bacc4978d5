"""Dagster's own settings, written into DAGSTER_HOME."""

import json
from pathlib import Path

from dagster import DagsterInstance

from pipelines.keys import POOLS

# A run whose process died is run again by the daemon; one whose check failed is not: its data would
# fail again. A step that could not reach Postgres tries again by itself.
#
# With granularity `run` a whole run holds the warehouse's pool, from the queue on. A cancelled or
# killed run must give it back by itself: hence the monitoring.
SETTINGS = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    granularity: run
    default_limit: 1
  runs:
    max_concurrent_runs: 3
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  cancel_timeout_seconds: 60
  max_runtime_seconds: 3600
  poll_interval_seconds: 30
  free_slots_after_run_end_seconds: 30
run_retries:
  enabled: true
  max_retries: 2
  retry_on_asset_or_op_failure: false
freshness:
  enabled: true
event_log_storage:
  module: pipelines.event_log
  class: EventLog
  config:
    base_dir: {events}
retention:
  schedule: &ticks
    purge_after_days:
      skipped: 1
      success: 7
      failure: 30
      started: 30
  sensor: *ticks
  auto_materialize: *ticks
"""

# Logs and traces of runs are in the UI. At the terminal the observer tells what is done; written to
# the console too, a refresh a minute fills a log file with a hundred megabytes a day.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def write_instance(home: Path) -> Path:
    """Write the settings under RYNEK_HOME `home`; return the folder that is DAGSTER_HOME."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    events = json.dumps(str(folder / "history" / "runs"))
    (folder / "dagster.yaml").write_text(SETTINGS.format(events=events))
    return folder


def limit_pools(instance: DagsterInstance) -> None:
    """Give every pool its own limit by name, so that no default ever widens one."""
    for pool, limit in POOLS.items():
        instance.event_log_storage.set_concurrency_slots(pool, limit)
