"""Many events in one transaction are what they would have been one by one."""

import logging
from pathlib import Path

from dagster import AssetKey, AssetMaterialization, DagsterEvent, DagsterInstance, EventLogEntry
from dagster._core.events import StepMaterializationData

from pipelines.event_log import EventLog
from pipelines.instance import write_instance

DAYS = ("2026-03-09", "2026-03-10", "2026-03-11")
RUNS = ("a-run", "another-run")
SALES, VISITS = AssetKey("sales"), AssetKey("visits")


def told_of(asset: AssetKey, day: str, run_id: str = "a-run") -> EventLogEntry:
    event = DagsterEvent(
        "ASSET_MATERIALIZATION",
        job_name="refresh",
        event_specific_data=StepMaterializationData(
            AssetMaterialization(asset, partition=day, tags={"dagster/data_version": day})
        ),
    )
    return EventLogEntry(
        None, logging.INFO, "", run_id, 1.0, job_name="refresh", dagster_event=event
    )


EVENTS = [
    *(told_of(SALES, day) for day in DAYS),
    *(told_of(VISITS, day) for day in DAYS[:2]),
    EventLogEntry(None, logging.INFO, "a word in between", "a-run", 2.0),
    told_of(SALES, DAYS[0], "another-run"),
]


def seen(instance: DagsterInstance) -> list[object]:
    """All that Dagster's pages ask of these events."""
    log = instance.event_log_storage
    return [
        [
            [entry.user_message for entry in log.get_logs_for_run(run)]
            for run in ("a-run", "another-run")
        ],
        *(
            [
                instance.get_materialized_partitions(asset),
                [
                    (record.partition_key, record.run_id)
                    for record in instance.fetch_materializations(asset, limit=10).records
                ],
                log.get_latest_materialization_events([asset]),
                log.get_event_tags_for_asset(asset),
            ]
            for asset in (SALES, VISITS)
        ),
    ]


def test_events_stored_together_are_seen_as_those_stored_one_by_one(tmp_path: Path) -> None:
    with (
        DagsterInstance.from_config(str(write_instance(tmp_path / "one"))) as one_by_one,
        DagsterInstance.from_config(str(write_instance(tmp_path / "many"))) as together,
    ):
        for event in EVENTS:
            one_by_one.event_log_storage.store_event(event)
        assert isinstance(together.event_log_storage, EventLog)
        together.event_log_storage.store_event_batch(EVENTS)
        assert seen(together) == seen(one_by_one)
        assert together.get_materialized_partitions(SALES) == set(DAYS)
