"""Dagster's event log in SQLite, which takes many events in one transaction and forgets runs.

Event by event a day costs 13 ms of CPU, nearly all of it for new connections, a thousand days
together 0.25 ms each. Only so can a build of years say of every day that it was built.

Dagster's own forgets with a run that its days were ever built, and leaves the run's file.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from dagster import EventLogEntry
from dagster._core.events import ASSET_EVENTS
from dagster._core.instance import RUNLESS_RUN_ID
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import text

EVENTS_TOGETHER = "1000"
# Dagster asks the environment whether it may hand over many at once.
os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", EVENTS_TOGETHER)

INSERTED = SqlEventLogStorageTable.insert()
NUMBERED = INSERTED.returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)

# Of what a run told, all but the newest that is known of an asset, of a mart of days by day.
OVERTAKEN = """
    select told.id from event_logs as told
    where told.run_id = :run_id and (
        coalesce(told.dagster_event_type, '') not in
            ('ASSET_MATERIALIZATION', 'ASSET_OBSERVATION', 'FRESHNESS_STATE_CHANGE')
        or exists (
            select 1 from event_logs as newer
            where newer.asset_key = told.asset_key
                and newer.dagster_event_type = told.dagster_event_type
                and newer.partition is told.partition
                and newer.id > told.id))
"""
FORGETTING = (
    f"delete from asset_event_tags where event_id in ({OVERTAKEN})",
    f"delete from event_logs where id in ({OVERTAKEN})",
    """delete from asset_check_executions as told
       where told.run_id = :run_id and exists (
           select 1 from asset_check_executions as newer
           where newer.asset_key = told.asset_key and newer.check_name = told.check_name
               and newer.id > told.id)""",
)


class EventLog(SqliteEventLogStorage):
    """The same files and tables as Dagster's own."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        return cls(inst_data=inst_data, **config_value)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Events about assets of one run go in together, any others one by one."""
        for (run_id, is_of_asset), group in groupby(events, _place):
            if is_of_asset:
                self._store_together(run_id, list(group))
            else:
                super().store_event_batch(list(group))

    def delete_events(self, run_id: str) -> None:
        """Forget a run, but not what an asset or a check was last told of: it still is so."""
        with self.index_transaction() as connection:
            for statement in FORGETTING:
                connection.execute(text(statement), {"run_id": run_id})
        self.free_concurrency_slots_for_run(run_id)
        self._remove_file(run_id)

    def forget_overtaken(self) -> None:
        """Forget how fresh assets were once; what belongs to no run has a file of its own."""
        for connect in (self.index_transaction, lambda: self.run_connection(RUNLESS_RUN_ID)):
            with connect() as connection:
                for statement in FORGETTING:
                    connection.execute(text(statement), {"run_id": RUNLESS_RUN_ID})

    def _remove_file(self, run_id: str) -> None:
        for ending in ("", "-wal", "-shm"):
            Path(self.path_for_shard(run_id) + ending).unlink(missing_ok=True)
        self._initialized_dbs.discard(run_id)

    def _store_together(self, run_id: str, events: list[EventLogEntry]) -> None:
        """Write what `store_event` writes; an asset's own row tells of its last event alone."""
        rows = [self._event_to_row(event) for event in events]
        with self.run_connection(run_id) as connection:
            connection.execute(INSERTED, rows)
        with self.index_transaction() as connection:
            ids = connection.scalars(NUMBERED, rows).all()
            self._store_asset_event_tags(connection, events, ids)
            for event, event_id in _last_by_asset(events, ids):
                self._store_asset_event(connection, event, event_id)


def _place(event: EventLogEntry) -> tuple[str, bool]:
    return event.run_id, event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS


def _last_by_asset(
    events: list[EventLogEntry], ids: Sequence[int]
) -> Iterator[tuple[EventLogEntry, int]]:
    last = {
        event.get_dagster_event().asset_key: (event, event_id)
        for event, event_id in zip(events, ids, strict=True)
    }
    yield from last.values()
