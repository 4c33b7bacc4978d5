"""A whole installation for the duration of a block: servers, schema, apps, pages, Dagster."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from rynek.local import apps, ports
from rynek.local.addresses import given
from rynek.local.apps import Market
from rynek.local.errors import AlreadyRunningError
from rynek.local.home import Home, opened, write_private
from rynek.local.process import Process, read_state
from rynek.local.servers import NAMES, brought_up
from rynek.local.supervisor import Supervisor, supervising
from transactional.access import tokens
from transactional.facts import lineage
from transactional.migrations import upgrade

TOKEN_LIFETIME = timedelta(days=365)
Say = Callable[[str], None]


def say_nothing(_: str) -> None:
    pass


@contextmanager
def up(
    home: Path,
    *,
    with_dagster: bool = True,
    durable: bool = True,
    say: Say = say_nothing,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[tuple[Market, Supervisor]]:
    """The installation of that home, migrated and running, until the end of the block.

    `say` is told in a few words what comes next. Raises LocalError: AlreadyRunningError where the
    installation is up already, NotReadyError with the end of a log where a process does not start.
    """
    elsewhere = given(environ)
    with supervising(opened(home)) as supervisor:
        claim_apps(supervisor)
        settled = settle_ports(supervisor.home, environ)
        say("Postgres, Redis, Stripe stand-in")
        servers = brought_up(supervisor, NAMES, elsewhere, durable=durable, environ=environ)
        say("schema")
        demand_own_past(servers.database_url)
        upgrade(servers.database_url)
        token = service_token(supervisor.home, servers.database_url)
        market = Market(supervisor.home, servers, settled, token)
        start_apps(supervisor, market, with_dagster=with_dagster, say=say)
        yield market, supervisor


def demand_own_past(database_url: str) -> None:
    """Raise RestoreUnfinishedError on a dump that was restored without `rynek restore`."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        found = connection.execute("select to_regclass('public.postings') is not null as is_there")
        if (row := found.fetchone()) and row["is_there"]:
            lineage.demand_past(connection)


def claim_apps(supervisor: Supervisor) -> None:
    """Raise AlreadyRunningError where another process runs this installation's apps."""
    for name in apps.NAMES:
        if not supervisor.claim(name):
            state = read_state(supervisor.home.state(name))
            by = f" (guardian {state.guardian_pid})" if state else ""
            raise AlreadyRunningError(
                f"The installation in {supervisor.home.root} is already up{by}. "
                "`rynek status` shows it, `rynek down` stops it."
            )


def settle_ports(home: Home, environ: Mapping[str, str]) -> dict[str, int]:
    """Every app's port before any of them runs, for they are told each other's addresses."""
    settled = {name: ports.choose(home, name, environ) for name in apps.PORTED}
    for name, port in settled.items():
        ports.remember(home, name, port)
    return settled


def service_token(home: Home, database_url: str) -> str:
    """The token by which serving asks the core who a caller is; minted once per database."""
    path = home.run / "service.token"
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        token = path.read_text() if path.exists() else ""
        if tokens.introspect(connection, token) is None:
            token = tokens.mint(connection, "service", None, TOKEN_LIFETIME)
            write_private(path, token)
    return token


def start_apps(supervisor: Supervisor, market: Market, *, with_dagster: bool, say: Say) -> None:
    """In two waves: serving asks the core, Dagster's page and daemon ask its code server."""
    code, rest = dagster(market) if with_dagster else ([], [])
    say("core, workers" + (", pipeline definitions" if with_dagster else ""))
    supervisor.start(apps.core(market), apps.workers(market), *code)
    say("serving" + (", Dagster" if with_dagster else ""))
    supervisor.start(apps.serving(market), *rest)


def start_dagster(supervisor: Supervisor, market: Market, say: Say = say_nothing) -> None:
    """Dagster alone, for where a first build has told by now on which day the market begins.

    Definitions read it as they start; those that started before have to be read anew.
    """
    code, rest = dagster(market)
    say("pipeline definitions")
    supervisor.start(*code)
    say("Dagster")
    supervisor.start(*rest)


def dagster(market: Market) -> tuple[list[Process], list[Process]]:
    """Its code server, and who asks it: the page and the daemon."""
    from pipelines.instance import write_instance

    write_instance(market.home.root)
    code, *rest = apps.dagster_processes(market)
    return [code], rest
