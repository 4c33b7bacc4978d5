"""A day that someone doubts is built anew, many days in one run."""

from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance

from pipelines.definitions import defs
from pipelines.installation import Installation, unheard
from pipelines.instance import write_instance
from pipelines.run import QUIET
from tests.warehouse.market import Market
from tests.warehouse.steps import run
from warehouse import ledger, store
from warehouse.deviations import deviations

DAYS = {
    "dagster/asset_partition_range_start": "2026-03-09",
    "dagster/asset_partition_range_end": "2026-03-11",
}


@pytest.mark.slow
def test_a_backfill_mends_its_days_in_one_run_and_is_judged(
    market: Market, home: Path, pipeline_database_url: str
) -> None:
    with store.opened(home / "warehouse") as warehouse:
        run(warehouse, pipeline_database_url, home / "published")
        before = ledger.last_build(warehouse)
        warehouse.sql("update marts.operator_daily set paid_cents = 0")
        assert deviations(warehouse).keys() == {"marts.operator_daily"}
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        result = defs.resolve_job_def("days").execute_in_process(
            run_config=QUIET,
            instance=instance,
            tags=DAYS,
            resources={
                "installation": Installation(home, pipeline_database_url),
                "observer": unheard,
            },
        )
        built = instance.get_materialized_partitions(AssetKey(["marts", "operator_daily"]))
    assert result.success
    assert built == {"2026-03-09", "2026-03-10", "2026-03-11"}
    assert all(check.passed for check in result.get_asset_check_evaluations())
    with store.opened(home / "warehouse") as warehouse:
        assert deviations(warehouse) == {}
        after = ledger.last_build(warehouse)
    assert before is not None
    assert after is not None
    assert after.build != before.build
