"""Waiting for a condition, for a bounded time."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.02


def until(condition: Callable[[], T], seconds: float = 60.0) -> T:
    """What the condition gives once it is true. Raises TimeoutError when it stays false."""
    pause, end = threading.Event(), time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s")
        pause.wait(POLL_SECONDS)
    return found
