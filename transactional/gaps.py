"""Named gaps between an effect and its record, where the crash tests end the process."""

import os
import signal
from collections.abc import Callable

KILL_VARIABLE = "RYNEK_KILL_AT"
"""`<gap>`: end this process when it reaches the gap."""


def die() -> None:
    """As a power cut would end this process."""
    os.kill(os.getpid(), signal.SIGKILL)


_armed: dict[str, Callable[[], None]] = {}


def arm(name: str, what: Callable[[], None] = die) -> None:
    """From now on, reaching the gap does `what` in this process."""
    _armed[name] = what


def reach(name: str) -> None:
    """Nothing, unless this process was armed to end here."""
    if name in _armed:
        _armed[name]()


if _wanted := os.environ.get(KILL_VARIABLE):
    arm(_wanted)
