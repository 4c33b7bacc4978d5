"""A process as the supervisor knows it: what runs, when it is ready, how it stops."""

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx
import psutil

import rynek
from rynek.local.account import Account

Stop = tuple[tuple[str, float], ...]
CODE = Path(rynek.__file__).parents[1]
TERMINATE: Stop = (("SIGTERM", 10.0), ("SIGKILL", 5.0))
RESTARTS = 5
READY_SECONDS = 60.0
CHECK_SECONDS = 2.0
# The kernel counts a start time in ticks since boot and the clock may be set meanwhile.
SAME_START_SECONDS = 2.0


def always() -> bool:
    return True


@dataclass(frozen=True)
class Process:
    """What to run and how to know that it does.

    `stop` lists signals with the seconds each is given. `restarts` bounds how often it is started
    again after a crash; a process that ran for a minute has its restarts back. `facts` are written
    into its state file for others to find (its port, its address).
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    is_healthy: Callable[[], bool] = always
    account: Account | None = None
    stop: Stop = TERMINATE
    restarts: int = RESTARTS
    ready_seconds: float = READY_SECONDS
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """What a guardian wrote about one of its processes."""

    state: Literal["running", "restarting", "stopping", "failed"]
    pid: int
    exit_code: int | None
    guardian_pid: int
    guardian_created: float
    facts: Mapping[str, str | int]

    @property
    def is_guarded(self) -> bool:
        """Whether the guardian that wrote this is alive: that very process, not its number."""
        try:
            guardian = psutil.Process(self.guardian_pid)
            if guardian.status() == psutil.STATUS_ZOMBIE:
                return False
            return abs(guardian.create_time() - self.guardian_created) < SAME_START_SECONDS
        except psutil.Error:
            return False

    @property
    def is_running(self) -> bool:
        return self.state == "running" and self.is_guarded


def read_state(path: Path) -> State | None:
    """The process's state, or None where nothing was started (or all was stopped)."""
    with suppress(FileNotFoundError):
        known = json.loads(path.read_text())
        guardian = known.pop("guardian")
        return State(
            known.pop("state"),
            known.pop("pid"),
            known.pop("exit_code"),
            guardian["pid"],
            guardian["created"],
            known,
        )
    return None


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a module in our own environment (from the folder CODE)."""
    return sys.executable, "-m", module, *arguments


def answers(url: str) -> Callable[[], bool]:
    """A health check: the address answers a GET with a success."""

    def is_healthy() -> bool:
        try:
            return httpx.get(url, timeout=CHECK_SECONDS, trust_env=False).is_success
        except httpx.TransportError:
            return False

    return is_healthy
