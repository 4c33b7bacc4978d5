"""Tell people when a run failed: by e-mail, by webhook, or into a folder where none is set.

RYNEK_ALERT_SMTP     smtp://host:port of a mail server
RYNEK_ALERT_TO       who is told, by comma
RYNEK_ALERT_WEBHOOK  an address that takes the alert as JSON by POST
"""

import json
import os
import smtplib
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from dagster import (
    DagsterEventType,
    DefaultSensorStatus,
    RunFailureSensorContext,
    run_failure_sensor,
)

from pipelines.errors import ConfigurationMissingError
from pipelines.failures import cause, objection
from pipelines.installation import Installation

SECONDS = 10.0
WORDS = 3  # of Dagster's last words about a run: its start, its end, what is done about it
SENDER = "rynek-alerts@localhost"


@dataclass(frozen=True)
class Alert:
    job: str
    run_id: str
    steps: tuple[str, ...]
    message: str

    @property
    def subject(self) -> str:
        return f"Rynek: {self.job} failed"

    @property
    def text(self) -> str:
        steps = ", ".join(self.steps) or "before its first step"
        return f"{self.job} ({self.run_id}) failed in {steps}.\n\n{self.message}\n"


@run_failure_sensor(
    name="tell_of_failed_runs",
    default_status=DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=False,
)
def tell_of_failed_runs(context: RunFailureSensorContext) -> None:
    """One alert per failed run, a killed one included: its steps, what checks found, errors."""
    failures = context.get_step_failure_events()
    errors = [cause(event.step_failure_data.error) for event in failures]
    alert = Alert(
        job=context.dagster_run.job_name,
        run_id=context.dagster_run.run_id,
        steps=tuple(event.step_key or "" for event in failures),
        message="\n".join([*_objections(context), *errors]) or _said_of(context),
    )
    tell(alert, Installation.from_environment().home)


def _objections(context: RunFailureSensorContext) -> list[str]:
    entries = context.instance.all_logs(
        context.dagster_run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION
    )
    checks = (entry.get_dagster_event().asset_check_evaluation_data for entry in entries)
    return list(filter(None, map(objection, checks)))


def _said_of(context: RunFailureSensorContext) -> str:
    """What Dagster wrote of a run that no step failed: that its process is gone, or never began."""
    entries = context.instance.all_logs(
        context.dagster_run.run_id, of_type=DagsterEventType.ENGINE_EVENT
    )
    said = [entry.get_dagster_event().message for entry in entries[-WORDS:]]
    return "\n".join([str(context.failure_event.message), *filter(None, said)])


def tell(alert: Alert, home: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Send the alert every way that is set; into `home`/alerts where none is.

    Raises ConfigurationMissingError when a mail server is set and nobody to write to.
    """
    server = environment.get("RYNEK_ALERT_SMTP")
    address = environment.get("RYNEK_ALERT_WEBHOOK")
    if server:
        _mail(alert, server, environment.get("RYNEK_ALERT_TO", ""))
    if address:
        _post(alert, address)
    if not (server or address):
        _write(alert, home / "alerts")


def _mail(alert: Alert, server: str, recipients: str) -> None:
    if not recipients:
        raise ConfigurationMissingError(
            "RYNEK_ALERT_TO is not set: name who is told of failed runs, such as data@example.org"
        )
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = alert.subject, SENDER, recipients
    message.set_content(alert.text)
    parts = urlsplit(server)
    with smtplib.SMTP(parts.hostname or "localhost", parts.port or 25, timeout=SECONDS) as client:
        client.send_message(message)


def _post(alert: Alert, address: str) -> None:
    body = json.dumps({"text": alert.text, **asdict(alert)}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=SECONDS).close()


def _write(alert: Alert, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{alert.run_id}.json").write_text(json.dumps(asdict(alert), indent=2))
