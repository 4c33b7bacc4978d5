"""Who is told of a failed run, and how."""

import json
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    DagsterInstance,
    Definitions,
    JobDefinition,
    MaterializeResult,
    asset,
    build_run_status_sensor_context,
    graph,
    op,
)

from pipelines.alerts import Alert, tell, tell_of_failed_runs
from pipelines.errors import ConfigurationMissingError
from pipelines.instance import write_instance
from rynek.local.ports import any_free
from warehouse.errors import ColumnContractBroken, SnapshotVersionUnsupported

ALERT = Alert("refresh", "1f0c", ("build",), "check_failed: vendor_orders_net")


def test_without_settings_an_alert_lies_in_a_folder(tmp_path: Path) -> None:
    tell(ALERT, tmp_path, {})
    [kept] = (tmp_path / "alerts").iterdir()
    assert json.loads(kept.read_text())["message"] == "check_failed: vendor_orders_net"


class Inbox(MessageHandler):
    def __init__(self) -> None:
        super().__init__()
        self.mail: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.mail.append(message)


@pytest.fixture
def mailed() -> Iterator[tuple[dict[str, str], list[Message]]]:
    """The settings of a mail server, and what it was given."""
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=(port := any_free()))
    server.start()
    try:
        yield (
            {"RYNEK_ALERT_SMTP": f"smtp://127.0.0.1:{port}", "RYNEK_ALERT_TO": "d@example.org"},
            inbox.mail,
        )
    finally:
        server.stop()


def test_an_alert_goes_to_those_who_are_named_by_mail(
    tmp_path: Path, mailed: tuple[dict[str, str], list[Message]]
) -> None:
    settings, received = mailed
    tell(ALERT, tmp_path, settings)
    [mail] = received
    assert (mail["To"], mail["Subject"]) == ("d@example.org", "Rynek: refresh failed")
    assert "vendor_orders_net" in mail.get_payload()
    assert not (tmp_path / "alerts").exists()


def test_a_mail_server_without_anyone_to_write_to_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationMissingError, match="RYNEK_ALERT_TO"):
        tell(ALERT, tmp_path, {"RYNEK_ALERT_SMTP": "smtp://127.0.0.1:9"})


@pytest.fixture
def posted() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a webhook, and what it was sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", bodies
        server.shutdown()
        thread.join()


def test_an_alert_is_posted_to_a_webhook(tmp_path: Path, posted: tuple[str, list[bytes]]) -> None:
    address, bodies = posted
    tell(ALERT, tmp_path, {"RYNEK_ALERT_WEBHOOK": address})
    [body] = bodies
    assert json.loads(body)["run_id"] == "1f0c"


def test_an_alert_goes_every_way_that_is_set(
    tmp_path: Path,
    mailed: tuple[dict[str, str], list[Message]],
    posted: tuple[str, list[bytes]],
) -> None:
    settings, received = mailed
    address, bodies = posted
    tell(ALERT, tmp_path, settings | {"RYNEK_ALERT_WEBHOOK": address})
    assert (len(received), len(bodies)) == (1, 1)


@op
def fail() -> None:
    raise ValueError("no cups left")


@graph
def failing() -> None:
    fail()


@asset(check_specs=[AssetCheckSpec("cents_add_up", asset="sales", blocking=True)])
def sales() -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    yield MaterializeResult()
    yield AssetCheckResult(passed=False, metadata={"detail": "2 days differ from the source"})


@op
def load() -> None:
    raise ColumnContractBroken("reviews.stars is missing")


@graph
def loading() -> None:
    load()


@op
def read() -> None:
    raise SnapshotVersionUnsupported("here is another")


@graph
def reading() -> None:
    read()


@pytest.mark.parametrize(
    ("job", "step", "said"),
    [
        (failing.to_job(), "fail", "ValueError: no cups left"),
        (loading.to_job(), "load", "column_contract_broken: A loaded column is gone"),
        (reading.to_job(), "read", "snapshot_version_unsupported: This snapshot was written by"),
        (
            Definitions(assets=[sales]).resolve_implicit_global_asset_job_def(),
            "sales",
            "cents_add_up: 2 days differ from the source",
        ),
    ],
    ids=["error", "error of ours", "a kind of such an error", "check"],
)
def test_a_failed_run_raises_one_alert_that_names_step_and_what_was_amiss(
    home: Path, monkeypatch: pytest.MonkeyPatch, job: JobDefinition, step: str, said: str
) -> None:
    monkeypatch.setenv("RYNEK_HOME", str(home))
    with DagsterInstance.from_config(str(write_instance(home))) as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        context = build_run_status_sensor_context(
            "tell_of_failed_runs",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        tell_of_failed_runs(context)
    alert = json.loads((home / "alerts" / f"{result.run_id}.json").read_text())
    assert alert["steps"] == [step]
    assert alert["message"].startswith(said)
