"""Whether this machine can run the market, and what to do where it cannot."""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import psutil

from rynek.local import postgres, redis
from rynek.local.account import Account, unprivileged
from rynek.local.addresses import given
from rynek.local.apps import PORTED
from rynek.local.errors import LocalError, PortTakenError
from rynek.local.home import opened
from rynek.local.ports import asked, is_free, variable
from rynek.local.roster import states
from rynek.local.servers import NAMES

OLDEST_PYTHON = (3, 11)
CORES, MEMORY_GIB, DISK_GIB = 2, 4, 5
GIB = 2**30
RUN_SECONDS = 20
PACKAGES = ("dagster", "duckdb", "polars", "psycopg", "redis", "stripe", "implicit", "fastapi")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. A fault keeps the market from running, a warning makes it less."""

    subject: str
    verdict: Literal["fine", "warning", "fault"]
    detail: str


def examine(root: Path) -> Iterator[Finding]:
    """Every finding about this machine and the home at that path, the quick ones first."""
    yield python_finding()
    yield measured("cores", os.cpu_count() or 1, CORES, "")
    yield measured("memory", psutil.virtual_memory().total / GIB, MEMORY_GIB, " GiB")
    yield versions_finding()
    yield attempted("configuration", lambda: configuration(root))
    yield attempted("RYNEK_HOME", lambda: str(opened(root).root))
    yield measured("free disk", free_bytes(root) / GIB, DISK_GIB, " GiB")
    yield attempted("Postgres", lambda: postgres_version(root))
    yield attempted("Redis", lambda: redis_version(root))
    yield libgomp_finding()
    yield chromium_finding()


def python_finding() -> Finding:
    wanted = ".".join(map(str, OLDEST_PYTHON))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding("Python", "fault", f"{platform.python_version()}; install {wanted} or newer")
    return Finding("Python", "fine", platform.python_version())


def measured(subject: str, found: float, wanted: float, unit: str) -> Finding:
    """A warning where the machine has less than is comfortable."""
    if found < wanted:
        return Finding(subject, "warning", f"{found:.1f}{unit}; {wanted}{unit} are comfortable")
    return Finding(subject, "fine", f"{found:.0f}{unit}")


def attempted(subject: str, attempt: Callable[[], str]) -> Finding:
    """What the attempt returns, or the fault it meets."""
    try:
        return Finding(subject, "fine", attempt())
    except (LocalError, OSError, subprocess.SubprocessError) as problem:
        return Finding(subject, "fault", str(problem))


def versions_finding() -> Finding:
    try:
        found = [f"{package} {version(package)}" for package in PACKAGES]
    except PackageNotFoundError as missing:
        return Finding("packages", "fault", f"{missing.name} is not installed; run `make` again")
    return Finding("packages", "fine", ", ".join(found))


def configuration(root: Path) -> str:
    """What the environment asks for; LocalError where it cannot be had."""
    named = given().environment()
    running = states(opened(root))
    for name in (*NAMES, *PORTED):
        port = asked(name)
        if port and name not in running and not is_free(port):
            raise PortTakenError(f"{variable(name)}={port}: the port is in use. Choose another.")
    return "real " + ", ".join(named) if named else "all servers local"


def free_bytes(root: Path) -> int:
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    return shutil.disk_usage(there).free


def version_of(folder: Path, program: str, account: Account | None) -> str:
    """What the wheel's program calls itself when it runs as the account it would serve as."""
    return subprocess.check_output(
        [folder / program, "--version"],
        text=True,
        timeout=RUN_SECONDS,
        cwd="/",
        user=account.uid if account else None,
        group=account.gid if account else None,
    ).strip()


def postgres_version(root: Path) -> str:
    account = unprivileged()
    return version_of(postgres.binaries(opened(root), account), "postgres", account)


def redis_version(root: Path) -> str:
    account = unprivileged()
    return version_of(redis.binaries(opened(root), account), "redis-server", account)


def libgomp_finding() -> Finding:
    """LightGBM's wheel wants the system's OpenMP runtime."""
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        advice = (
            "not found: the ranker falls back to scikit-learn. Debian: apt-get install libgomp1"
        )
        return Finding("libgomp", "warning", advice)
    return Finding("libgomp", "fine", "found")


def chromium_finding() -> Finding:
    if found := next(filter(None, map(shutil.which, CHROMIUM)), None):
        return Finding("Chromium", "fine", found)
    advice = "not found: pages are not checked in a browser. Debian: apt-get install chromium"
    return Finding("Chromium", "warning", advice)
