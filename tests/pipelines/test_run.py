"""Whole runs in one process, and one that is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus

from pipelines.abandoned import PROCESS, close_abandoned, own_process
from pipelines.definitions import defs
from pipelines.instance import write_instance
from pipelines.run import materialize_all
from tests.warehouse.market import Market
from tests.warehouse.steps import run
from warehouse import manifest, store
from warehouse.benchmarks.closing import Closed
from warehouse.errors import CheckFailed
from warehouse.snapshot import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SALES = "select sum(sales_cents) from vendor_daily"

# Stops where a test wants it, and tells its parent that it is there.
STUCK = """
import sys, threading
from pathlib import Path
from pipelines.run import materialize_all

def stop(what, how_much):
    if what == sys.argv[3]:
        print("here", flush=True)
        threading.Event().wait()

materialize_all(Path(sys.argv[1]), sys.argv[2], train=False, observer=stop)
"""


def kill_at(step: str, home: Path, url: str) -> None:
    """Start a run in another process and kill it, unprepared, at the given step."""
    command = [sys.executable, "-c", STUCK, str(home), url, step]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)


def test_a_run_publishes_and_a_second_one_brings_nothing(
    market: Market, home: Path, pipeline_database_url: str
) -> None:
    seen: dict[str, str] = {}
    first = materialize_all(
        home, pipeline_database_url, observer=lambda what, how_much: seen.update({what: how_much})
    )
    assert first.failures == ()
    assert seen["source.vendors"] == "1 rows"
    assert seen["marts.vendor_daily"] == "1 rows"
    assert seen["vendor_orders_net"] == "passed"
    assert "too few events" in str(first.verdict)
    published = manifest.current(home / "published")
    assert published.snapshot_id == first.snapshot_id
    assert Snapshot.current(home / "published").rows(SALES) == [(2000,)]
    second = materialize_all(home, pipeline_database_url, train=False)
    assert (second.rows_loaded, second.failures) == (0, ())
    assert manifest.current(home / "published").marts == published.marts


def test_a_failed_check_is_named_and_nothing_is_published(
    market: Market, home: Path, pipeline_database_url: str
) -> None:
    market.ask("alter table vendor_orders drop constraint net_is_what_is_left")
    market.ask("update vendor_orders set net_cents = net_cents + 1")
    summary = materialize_all(home, pipeline_database_url)
    assert any(failure.startswith("vendor_orders_net: ") for failure in summary.failures)
    assert summary.snapshot_id is None
    assert not (home / "published" / manifest.POINTER).exists()


def test_a_benchmark_that_is_not_safe_is_named_and_nothing_is_published(
    market: Market, home: Path, pipeline_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object, on_closed: object = None) -> list[Closed]:
        raise CheckFailed("benchmarks: 1 cells: fewer than 10 owners")

    monkeypatch.setattr("pipelines.benchmarks.close", broken)
    summary = materialize_all(home, pipeline_database_url, train=False)
    assert any(failure.startswith("benchmarks_are_safe: ") for failure in summary.failures)
    assert summary.snapshot_id is None
    assert not (home / "published" / manifest.POINTER).exists()


def test_an_error_of_a_step_comes_back_as_a_failure(
    market: Market, home: Path, pipeline_database_url: str
) -> None:
    market.ask("alter table products rename column title to name")
    summary = materialize_all(home, pipeline_database_url, train=False)
    [failure] = summary.failures
    assert failure.startswith("column_contract_broken: ")
    assert "products.title is missing" in failure
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        [failed] = instance.all_logs(summary.run_id, of_type=DagsterEventType.STEP_FAILURE)
        retries = instance.all_logs(summary.run_id, of_type=DagsterEventType.STEP_UP_FOR_RETRY)
    assert list(retries) == [], "it would be broken the next time too"
    error = failed.get_dagster_event().step_failure_data.error
    assert error is not None
    assert "Failure: column_contract_broken: " in error.message


def test_a_killed_run_leaves_the_last_good_snapshot_and_the_next_one_succeeds(
    market: Market, home: Path, pipeline_database_url: str
) -> None:
    with store.opened(home / "warehouse") as warehouse:
        good = run(warehouse, pipeline_database_url, home / "published")
    market.order(market.shopper(), [(market.offer(market.vendor("Bea"), 500), 1)])
    for step in ("source.orders", "marts.vendor_daily"):
        kill_at(step, home, pipeline_database_url)
        assert manifest.current(home / "published") == good
        assert Snapshot.current(home / "published").rows(SALES) == [(2000,)]
    assert materialize_all(home, pipeline_database_url, train=False).failures == ()
    assert Snapshot.current(home / "published").rows(SALES) == [(2500,)]


def test_a_run_that_never_gets_its_turn_says_so(
    market: Market, home: Path, pipeline_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.turn.__wrapped__, "__defaults__", (0.1,))
    with store.turn(home / "warehouse"):
        summary = materialize_all(home, pipeline_database_url, train=False)
    [failure] = summary.failures
    assert "Another run holds the warehouse" in failure


def test_a_run_whose_process_is_gone_is_closed(home: Path) -> None:
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        own, gone, anothers = (
            instance.create_run_for_job(
                defs.resolve_job_def("refresh"),
                status=DagsterRunStatus.STARTED,
                tags={PROCESS: process},
            )
            for process in (own_process(), "999999999@1.00", f"{os.getpid()}@1.00")
        )
        assert set(close_abandoned(instance)) == {gone.run_id, anothers.run_id}
        statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses == {
        gone.run_id: DagsterRunStatus.FAILURE,
        anothers.run_id: DagsterRunStatus.FAILURE,  # a later process has the same number
        own.run_id: DagsterRunStatus.STARTED,
    }
