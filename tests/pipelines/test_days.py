"""Days as Dagster's partitions: all told of that were built, and built anew in one run."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from dagster import AssetKey, AssetSelection, DagsterInstance, materialize

from pipelines.days import noted_first
from pipelines.definitions import defs
from pipelines.installation import Installation, unheard
from pipelines.instance import QUIET, write_instance
from pipelines.keys import days_marts
from pipelines.modelling import built
from pipelines.run import materialize_all
from tests.warehouse.market import NOON, Market
from tests.warehouse.steps import run
from warehouse import ledger, store
from warehouse.deviations import deviations
from warehouse.expectations import Judge
from warehouse.load import load

DAYS = {
    "dagster/asset_partition_range_start": "2026-03-09",
    "dagster/asset_partition_range_end": "2026-03-11",
}


pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def told(home: Path, mart: AssetKey) -> Counter[str]:
    """How often Dagster was told of each of a mart's days."""
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        found = instance.fetch_materializations(mart, limit=10_000).records
    return Counter(str(record.partition_key) for record in found)


def resources(home: Path, database_url: str, judge: Judge) -> dict[str, object]:
    return {
        "installation": Installation(home, database_url),
        "observer": unheard,
        "judge": judge,
    }


def through(first: date, last: date) -> set[str]:
    return {f"{first + timedelta(days)}" for days in range((last - first).days + 1)}


def test_dagster_is_told_of_every_day_that_was_built_and_again_only_when_it_changed(
    market: Market, home: Path, pipeline_database_url: str
) -> None:
    first, earlier, today = NOON.date(), NOON.date() - timedelta(5), datetime.now(UTC).date()
    offer, shopper = market.offer(market.vendor("Bea")), market.shopper()
    market.order(shopper, [(offer, 1)], NOON + timedelta(days=4))
    assert materialize_all(home, pipeline_database_url, train=False).failures == ()
    assert noted_first(home / "warehouse") == first
    assert {mart: told(home, mart) for mart in days_marts()} == {
        mart: Counter(through(first, today)) for mart in days_marts()
    }
    for days in (2, -5):
        market.order(shopper, [(offer, 1)], NOON + timedelta(days=days))
    assert materialize_all(home, pipeline_database_url, train=False).failures == ()
    assert noted_first(home / "warehouse") == earlier
    again = told(home, AssetKey(["marts", "operator_daily"]))
    assert again.keys() == through(earlier, today)
    assert {day for day, times in again.items() if times > 1} == {"2026-03-12", f"{today}"}


def test_a_backfill_mends_its_days_in_one_run_and_is_judged(
    market: Market, home: Path, pipeline_database_url: str
) -> None:
    with store.opened(home / "warehouse") as warehouse:
        run(warehouse, pipeline_database_url, home / "published")
        before = ledger.last_build(warehouse)
        warehouse.sql("update marts.operator_daily set paid_cents = 0")
        assert deviations(warehouse).keys() == {"marts.operator_daily"}
    days = defs.resolve_job_def("days")
    with DagsterInstance.from_config(str(write_instance(home))) as instance, Judge() as judge:
        result = days.execute_in_process(
            run_config=QUIET,
            instance=instance,
            tags=DAYS,
            resources=resources(home, pipeline_database_url, judge),
        )
        days_built = instance.get_materialized_partitions(AssetKey(["marts", "operator_daily"]))
    assert result.success
    assert days_built == {"2026-03-09", "2026-03-10", "2026-03-11"}
    judged = result.get_asset_check_evaluations()
    assert all(check.passed for check in judged)
    assert {check.metadata["detail"].value for check in judged} == {"all hold"}
    with store.opened(home / "warehouse") as warehouse:
        assert deviations(warehouse) == {}
        after = ledger.last_build(warehouse)
    assert before is not None
    assert after is not None
    assert after.build != before.build


def test_the_judge_of_a_backfill_starts_while_its_days_are_built(
    market: Market, home: Path, pipeline_database_url: str
) -> None:
    with store.opened(home / "warehouse") as warehouse:
        run(warehouse, pipeline_database_url, home / "published")
    days = defs.resolve_job_def("days")
    with DagsterInstance.from_config(str(write_instance(home))) as instance, Judge() as judge:
        result = days.execute_in_process(
            run_config=QUIET,
            instance=instance,
            tags=DAYS,
            op_selection=["build"],
            resources=resources(home, pipeline_database_url, judge),
        )
        assert result.success
        assert not judge.is_idle


def test_a_mart_that_is_not_of_days_can_be_built_by_itself(
    market: Market, home: Path, pipeline_database_url: str
) -> None:
    assert materialize_all(home, pipeline_database_url, train=False).failures == ()
    late = NOON - timedelta(days=3)
    market.order(market.shopper(), [(market.offer(market.vendor("Bea")), 1)], late)
    with store.opened(home / "warehouse") as warehouse:
        load(warehouse, pipeline_database_url)
    with DagsterInstance.from_config(str(write_instance(home))) as instance, Judge() as judge:
        result = materialize(
            [built],
            selection=AssetSelection.assets(["marts", "vendor_daily"]),
            run_config=QUIET,
            instance=instance,
            resources={"turn": None, **resources(home, pipeline_database_url, judge)},
        )
    assert result.success
    again = told(home, AssetKey(["marts", "operator_daily"]))
    assert again.keys() == through(late.date(), datetime.now(UTC).date())
    assert again[f"{late.date()}"] == 1
