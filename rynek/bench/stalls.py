"""A market made only to place orders in, and the core that serves it, one worker, durable."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from rynek.local import ports, postgres
from rynek.local.addresses import Addresses
from rynek.local.apps import COUNTER
from rynek.local.home import opened
from rynek.local.ports import LOOPBACK
from rynek.local.process import CODE, Process, answers, python
from rynek.local.servers import brought_up
from rynek.local.supervisor import supervising
from transactional.migrations import upgrade

FILL = Path(__file__).with_suffix(".sql")
UNLIMITED = "1000000000"
PLENTY = 1_000_000_000
# They draw their keys from sequences that must not meet the rows filled in.
SEQUENCED = ("owners", "vendors", "categories", "products", "offers", "shoppers")


@dataclass(frozen=True)
class Stalls:
    """How large the market is."""

    offers: int = 5_000
    vendors: int = 200
    shoppers: int = 1_000
    units: int = PLENTY


@dataclass(frozen=True)
class Venue:
    """The running market: where its servers are, where the core answers, which processes it is."""

    servers: Addresses
    superuser_url: str
    core_port: int
    postmaster: psutil.Process
    core: psutil.Process


@contextmanager
def opened_market(stalls: Stalls) -> Iterator[Venue]:
    """A filled market in a folder of its own; fsync is on, and nothing else runs in it."""
    with tempfile.TemporaryDirectory(prefix="rynek-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with supervising(opened(home)) as supervisor:
            servers = brought_up(supervisor, ("postgres", "redis", "stripe"), Addresses())
            upgrade(servers.database_url)
            fill(servers.database_url, stalls)
            port = ports.any_free()
            supervisor.start(core(servers, port))
            postgres_port = urlsplit(servers.database_url).port or 0
            superuser = postgres.url(opened(home), postgres_port, postgres.SUPERUSER)
            yield Venue(servers, superuser, port, listener(postgres_port), listener(port))


def fill(database_url: str, stalls: Stalls) -> None:
    """Raises what the database refuses."""
    sizes = {
        "offers": stalls.offers,
        "vendors": stalls.vendors,
        "shoppers": stalls.shoppers,
        "units": stalls.units,
    }
    text = FILL.read_text()
    with psycopg.connect(database_url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(text, sizes)
        for table in SEQUENCED:
            key = {"categories": "category"}.get(table, table.removesuffix("s")) + "_id"
            connection.execute(
                f"select setval(pg_get_serial_sequence('{table}', '{key}'), max({key}))"
                f" from {table}"
            )
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def run_in(venue: Venue) -> None:
    """A checkpoint: what is written next goes into WAL files that were there before, as on every
    server that has run for a while. Making them anew is 7 % of what Postgres computes for an order.
    """
    with psycopg.connect(venue.superuser_url, autocommit=True) as connection:
        connection.execute("checkpoint")


def core(servers: Addresses, port: int) -> Process:
    """The core as `rynek up` starts it, but without a limit of requests."""
    known = servers.environment() | {"DATABASE_URL": servers.app_database_url}
    command = ("transactional.http.app:app", "--host", LOOPBACK, "--port", str(port))
    return Process(
        name="core",
        command=python("uvicorn", *command, "--no-access-log", "--http", COUNTER),
        environment={**os.environ, **known, "REQUESTS_PER_MINUTE": UNLIMITED},
        folder=CODE,
        is_healthy=answers(f"http://{LOOPBACK}:{port}/healthz"),
        facts={"port": port},
    )


def listener(port: int) -> psutil.Process:
    """The process that listens on the port."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
            return psutil.Process(connection.pid)
    raise LookupError(f"nothing listens on port {port}")


def cpu_seconds(process: psutil.Process) -> float:
    """What the process and all its children, gone ones too, have computed."""
    times = process.cpu_times()
    own = times.user + times.system + times.children_user + times.children_system
    return own + sum(cpu_of(child) for child in process.children())


def cpu_of(child: psutil.Process) -> float:
    try:
        times = child.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system
