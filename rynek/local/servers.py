"""The three servers of an installation: found where they run, else started and owned."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rynek.local import ports, postgres, redis, standin
from rynek.local.addresses import Addresses, given
from rynek.local.errors import NotReadyError
from rynek.local.home import Home, opened
from rynek.local.process import Process, read_state
from rynek.local.supervisor import CHECK_PAUSE_SECONDS, Supervisor, supervising

NAMES = ("postgres", "redis", "stripe")
ATTACH_SECONDS = 60.0
START_ATTEMPTS = 3


@dataclass(frozen=True)
class Server:
    """One of the three: the variable that replaces it, and what it is on a port of a home."""

    name: str
    replaced_by: str
    prepare: Callable[[Home, int], Process]
    is_healthy: Callable[[Home, int], bool]
    variables: Callable[[Home, int], dict[str, str]]


@contextmanager
def running(
    home: Path,
    *,
    names: tuple[str, ...] = NAMES,
    durable: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Addresses]:
    """The addresses of the home's servers, running for the duration of the block.

    Servers that already run for this home are used and left alone; the others are started, and
    stopped at the end. A server that `environ` names (DATABASE_URL, REDIS_URL, STRIPE_API_KEY) is
    not started at all. `durable=False` makes throw-away servers that skip syncing to disk.
    Raises LocalError.
    """
    elsewhere = given(environ)
    with supervising(opened(home)) as supervisor:
        yield brought_up(supervisor, names, elsewhere, durable=durable, environ=environ)


def brought_up(
    supervisor: Supervisor,
    names: tuple[str, ...],
    elsewhere: Addresses,
    *,
    durable: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> Addresses:
    """Have the named servers run under the supervisor, unless they are elsewhere or run already."""
    home, reached = supervisor.home, elsewhere.environment()
    servers = {server.name: server for server in known_servers(environ, durable=durable)}
    for name in names:
        server = servers[name]
        if server.replaced_by not in reached:
            reached |= server.variables(home, present(supervisor, server, environ))
    return Addresses(**{name.lower(): value for name, value in reached.items()})


def known_servers(environ: Mapping[str, str], *, durable: bool) -> tuple[Server, ...]:
    return (
        Server(
            "postgres",
            replaced_by="DATABASE_URL",
            prepare=lambda home, port: postgres.prepare(home, port, durable=durable),
            is_healthy=lambda home, port: postgres.is_healthy(postgres.url(home, port)),
            variables=lambda home, port: {
                "DATABASE_URL": postgres.url(home, port),
                "APP_DATABASE_URL": postgres.url(home, port, postgres.APP),
                "PIPELINE_DATABASE_URL": postgres.url(home, port, postgres.PIPELINE),
            },
        ),
        Server(
            "redis",
            replaced_by="REDIS_URL",
            prepare=lambda home, port: redis.prepare(home, port, durable=durable),
            is_healthy=lambda home, port: redis.is_healthy(redis.url(home, port)),
            variables=lambda home, port: {"REDIS_URL": redis.url(home, port)},
        ),
        Server(
            "stripe",
            replaced_by="STRIPE_API_KEY",
            prepare=lambda home, port: standin.prepare(home, port, core_port(home, environ)),
            is_healthy=lambda home, port: standin.is_healthy(port),
            variables=lambda home, port: {
                "STRIPE_API_KEY": home.secrets().stripe_api_key,
                "STRIPE_API_BASE": standin.url(port),
                "STRIPE_WEBHOOK_SECRET": home.secrets().stripe_webhook_secret,
            },
        ),
    )


def core_port(home: Home, environ: Mapping[str, str]) -> int:
    """The core's port, settled before the core runs for the stand-in to know where to call."""
    port = ports.asked("core", environ) or ports.remembered(home, "core")
    if port is None:
        port = ports.choose(home, "core", environ)
        ports.remember(home, "core", port)
    return port


def present(supervisor: Supervisor, server: Server, environ: Mapping[str, str]) -> int:
    """The port on which the server runs: found, if someone of this home runs it, else started."""
    deadline = time.monotonic() + ATTACH_SECONDS
    while not supervisor.claim(server.name):
        if (port := found(supervisor.home, server)) is not None:
            return port
        if time.monotonic() > deadline:
            raise NotReadyError(
                f"{server.name} is run for {supervisor.home.root} by another process and did not "
                f"become healthy in {ATTACH_SECONDS:.0f} s. `rynek down` stops it."
            )
        time.sleep(CHECK_PAUSE_SECONDS)
    try:
        return started(supervisor, server, environ)
    except BaseException:
        supervisor.release(server.name)
        raise


def found(home: Home, server: Server) -> int | None:
    """The port of the home's running server, if it is healthy."""
    state = read_state(home.state(server.name))
    if state is None or not state.is_running:
        return None
    port = int(state.facts["port"])
    return port if server.is_healthy(home, port) else None


def started(supervisor: Supervisor, server: Server, environ: Mapping[str, str]) -> int:
    """Start the server, on another port if a stranger takes the first one meanwhile."""
    home = supervisor.home
    for attempts_left in reversed(range(START_ATTEMPTS)):
        port = ports.choose(home, server.name, environ)
        try:
            supervisor.start(server.prepare(home, port))
        except NotReadyError:
            if not attempts_left or ports.is_free(port):
                raise
        else:
            ports.remember(home, server.name, port)
            return port
    raise AssertionError("the last attempt returns or raises")
