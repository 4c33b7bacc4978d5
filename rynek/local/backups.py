"""A market in one file, and back: into another cluster, whose past it then lies in.

pg_dump keeps the transaction ids of the old cluster in row_version and in the facts. The new one
numbers its own from the start, so the restored cluster's epoch is raised above them while it is
stopped, before anything else may start on it.
"""

import os
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from rynek.local import postgres
from rynek.local.account import unprivileged
from rynek.local.errors import LocalError
from rynek.local.home import Home, opened
from rynek.local.servers import running
from transactional.facts import lineage
from transactional.migrations import ROLES

EPOCH = 2**32
TOOL_SECONDS = 3_600


class DumpFailedError(LocalError):
    """A tool of Postgres did not do its work; what it said follows."""

    code = "dump_failed"


class TargetNotEmptyError(LocalError):
    """There is a market already; restore into a fresh RYNEK_HOME."""

    code = "target_not_empty"


def back_up(home: Path, file: Path) -> None:
    """The whole database of that home, in pg_dump's own format. Raises DumpFailedError."""
    with running(home, names=("postgres",)) as addresses:
        dump(home, addresses.database_url, file)


def dump(home: Path, database_url: str, file: Path) -> None:
    """The database at that address, by the tools of that home. Raises DumpFailedError."""
    _tool(opened(home), database_url, "pg_dump", "-Fc", "-f", str(file))


def restore(home: Path, file: Path, *, with_epoch: bool = True) -> int:
    """A dump into the empty cluster of that home, ready to start; returns its newest old id.

    `with_epoch=False` leaves out what makes it safe, for the test that shows why.
    Raises TargetNotEmptyError, DumpFailedError.
    """
    place = opened(home)
    with running(home, names=("postgres",), environ={}) as addresses:
        with psycopg.connect(addresses.database_url) as connection:
            if connection.execute("select to_regclass('public.installation')").fetchone() != (
                None,
            ):
                raise TargetNotEmptyError
            connection.execute(ROLES.read_bytes())
        how = ("--no-owner", "--single-transaction", "--exit-on-error", "-d", postgres.DATABASE)
        _tool(place, addresses.database_url, "pg_restore", *how, str(file))
        newest = _newest(addresses.database_url)
    if with_epoch:
        _raise_epoch(place, newest)
    return newest


def examine(home: Path) -> None:
    """Every table and index against itself, by pg_amcheck. Raises DumpFailedError."""
    place = opened(home)
    with running(home, names=("postgres",), environ={}) as addresses:
        port = conninfo_to_dict(addresses.database_url)["port"]
        address = postgres.url(place, int(str(port)), postgres.SUPERUSER)
        how = ("--install-missing", "--heapallindexed", postgres.DATABASE)
        _tool(place, address, "pg_amcheck", *how)


def _newest(database_url: str) -> int:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        connection.execute("analyze")
        return lineage.newest_xid(connection)


def _raise_epoch(home: Home, newest: int) -> None:
    """Every id that the cluster will give out lies above `newest`; it must be stopped."""
    account = unprivileged()
    tool = postgres.binaries(home, account) / "pg_resetwal"
    data = home.root / "postgres" / "data"
    postgres.run([tool, "-e", str(newest // EPOCH + 1), data], "", account)


def _tool(home: Home, database_url: str, name: str, *arguments: str) -> None:
    """Run one of Postgres' tools; the password goes by the environment, which nobody else reads."""
    address = conninfo_to_dict(database_url)
    known = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    environment = {
        variable: str(address[part]) for part, variable in known.items() if part in address
    }
    done = subprocess.run(
        [postgres.binaries(home, unprivileged()) / name, *arguments],
        env={**os.environ, **environment, "PGDATABASE": str(address["dbname"])},
        capture_output=True,
        text=True,
        timeout=TOOL_SECONDS,
    )
    if done.returncode:
        raise DumpFailedError(f"{name} failed: {done.stderr.strip()}")
