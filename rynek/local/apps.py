"""The market's own processes: the core and its workers, serving, and Dagster's three."""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import redis

from rynek.local.addresses import Addresses
from rynek.local.home import Home
from rynek.local.ports import LOOPBACK
from rynek.local.process import CHECK_SECONDS, CODE, Process, Stop, always, answers, python

NAMES = ("core", "workers", "serving", "dagster-code", "dagster", "dagster-daemon")
PORTED = ("core", "serving", "dagster-code", "dagster")
DEFINITIONS = "pipelines.definitions"
# Orders come in at a door of their own.
COUNTER = "transactional.http.counter:CounterProtocol"
# Importing Dagster takes seconds, and on a loaded machine tens of them.
DAGSTER_READY_SECONDS = 120.0
# A worker's call to Stripe is given this long to end by itself, and a pipeline run that long.
UNTIL_STRIPE_ANSWERS: Stop = (("SIGTERM", 30.0), ("SIGKILL", 5.0))
UNTIL_THE_RUN_ENDS: Stop = (("SIGTERM", 15.0), ("SIGKILL", 5.0))
LAST_PUBLISHED = "rynek:facts:published"

WORKSPACE = """\
load_from:
  - grpc_server:
      host: {host}
      port: {port}
      location_name: rynek
"""


@dataclass(frozen=True)
class Market:
    """A running installation: its servers, its apps, and serving's token at the core."""

    home: Home
    servers: Addresses
    ports: Mapping[str, int]
    introspection_token: str

    @property
    def core_url(self) -> str:
        return self.url("core")

    @property
    def serving_url(self) -> str:
        return self.url("serving")

    @property
    def dagster_url(self) -> str:
        return self.url("dagster")

    @property
    def mail_folder(self) -> str:
        """Where letters are written, unless an SMTP server is named."""
        return os.environ.get("MAIL_FOLDER") or str(self.home.root / "mail")

    def url(self, name: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def environment(self) -> dict[str, str]:
        """Every variable of the installation, for a process that may know all of them."""
        return {
            **self.servers.environment(),
            "RYNEK_HOME": str(self.home.root),
            "CORE_URL": self.core_url,
            "SERVING_URL": self.serving_url,
            "INTROSPECTION_TOKEN": self.introspection_token,
            "DAGSTER_HOME": str(self.home.root / "dagster"),
        }

    def variables(self, *allowed: str) -> dict[str, str]:
        """Our own environment with only those of the installation's variables that are allowed."""
        known = self.environment()
        others = {name: value for name, value in os.environ.items() if name not in known}
        return others | {name: known[name] for name in allowed if name in known}


def core(market: Market) -> Process:
    variables = core_variables(market)
    return web_app(market, "core", "transactional.http.app:app", variables, ("--http", COUNTER))


def core_variables(market: Market) -> dict[str, str]:
    """The core and its workers know the database by the role that owns nothing."""
    variables = market.variables(
        *("RYNEK_HOME", "REDIS_URL", "CORE_URL", "SERVING_URL"),
        *("STRIPE_API_KEY", "STRIPE_API_BASE", "STRIPE_WEBHOOK_SECRET"),
    )
    return _letters(market) | variables | {"DATABASE_URL": market.servers.app_database_url}


def _letters(market: Market) -> dict[str, str]:
    """Unless the environment says otherwise, letters are files and webhooks may be local."""
    return {
        "MAIL_FOLDER": market.mail_folder,
        "OPERATOR_EMAIL": "operator@market.example",
        "WEBHOOKS_MAY_BE_LOCAL": "1",
    }


def serving(market: Market) -> Process:
    allowed = ("RYNEK_HOME", "REDIS_URL", "CORE_URL", "SERVING_URL", "INTROSPECTION_TOKEN")
    return web_app(market, "serving", "serving.app:app", market.variables(*allowed))


def web_app(
    market: Market,
    name: str,
    app: str,
    environment: Mapping[str, str],
    options: tuple[str, ...] = (),
) -> Process:
    port = market.ports[name]
    where = ("--host", LOOPBACK, "--port", str(port))
    quiet = ("--no-access-log", "--timeout-graceful-shutdown", "5")
    return Process(
        name=name,
        command=python("uvicorn", app, *where, *quiet, *options),
        environment=environment,
        folder=CODE,
        is_healthy=answers(f"{market.url(name)}/healthz"),
        facts={"port": port, "url": market.url(name)},
    )


def workers(market: Market) -> Process:
    """Ready when its relay has reported: everything live hangs on that."""
    born = datetime.now(UTC)
    return Process(
        name="workers",
        command=python("transactional.workers"),
        environment=core_variables(market),
        folder=CODE,
        is_healthy=lambda: relay_reported_since(market.servers.redis_url, born),
        stop=UNTIL_STRIPE_ANSWERS,
    )


def relay_reported_since(redis_url: str, moment: datetime) -> bool:
    """Whether the relay has said since then which fact it published last."""
    with suppress(redis.RedisError, KeyError):
        with redis.Redis.from_url(redis_url, socket_timeout=CHECK_SECONDS) as connection:
            report = connection.get(LAST_PUBLISHED)
        if isinstance(report, bytes):
            return datetime.fromisoformat(msgspec.json.decode(report)["at"]) >= moment
    return False


def dagster_processes(market: Market) -> tuple[Process, Process, Process]:
    """One server of our definitions, the web page, and the daemon of schedules and runs."""
    folder = market.home.root / "dagster"
    workspace = folder / "workspace.yaml"
    code_port, port = market.ports["dagster-code"], market.ports["dagster"]
    workspace.write_text(WORKSPACE.format(host=LOOPBACK, port=code_port))
    at_code = ("--host", LOOPBACK, "--port", str(code_port), "--location-name", "rynek")
    code = ("dagster", "api", "grpc", "--module-name", DEFINITIONS, *at_code)
    page = ("dagster_webserver", "--workspace", str(workspace), "-h", LOOPBACK, "-p", str(port))
    daemon = ("dagster._daemon", "run", "--workspace", str(workspace))
    return (
        dagster(
            market,
            "dagster-code",
            (*code, "--use-python-environment-entry-point"),
            is_healthy=lambda: accepts(code_port),
        ),
        dagster(market, "dagster", page, answers(f"{market.dagster_url}/server_info")),
        dagster(market, "dagster-daemon", daemon),
    )


def dagster(
    market: Market,
    name: str,
    command: tuple[str, ...],
    is_healthy: Callable[[], bool] = always,
) -> Process:
    return Process(
        name=name,
        command=python(*command),
        environment=market.variables("RYNEK_HOME", "DAGSTER_HOME", "PIPELINE_DATABASE_URL"),
        folder=CODE,
        is_healthy=is_healthy,
        stop=UNTIL_THE_RUN_ENDS,
        ready_seconds=DAGSTER_READY_SECONDS,
        facts={"url": market.url(name)} if name == "dagster" else {},
    )


def accepts(port: int) -> bool:
    """Whether anything accepts connections on the loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=CHECK_SECONDS):
            return True
    except OSError:
        return False
