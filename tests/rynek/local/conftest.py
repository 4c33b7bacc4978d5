"""A home of one's own, and patience with a bound."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.02

Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def home() -> Iterator[Path]:
    """A RYNEK_HOME for this test alone: short, and passable for the account servers drop to."""
    folder = Path(tempfile.mkdtemp(prefix="rynek-home-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def until() -> Until:
    """Wait for a condition, and fail if it does not come."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not come to pass"
            time.sleep(PAUSE_SECONDS)

    return wait
