"""A process that runs the pipeline can still be told to end, also where Ctrl-C does nothing."""

import signal
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from dagster._utils.interrupts import capture_interrupts

from pipelines.run import own_farewell


@pytest.fixture
def background_job() -> Iterator[None]:
    """Signals as a shell leaves them to what a script starts with `&`."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def end(number: int, frame: object) -> None:
    raise SystemExit(number)


@pytest.mark.parametrize(
    ("guard", "left"), [(own_farewell, end), (nullcontext, signal.SIG_IGN)], ids=["ours", "none"]
)
@pytest.mark.usefixtures("background_job")
def test_a_run_leaves_sigterm_as_it_was_which_dagster_alone_does_not(
    guard: type[nullcontext[None]], left: object
) -> None:
    with guard(), capture_interrupts():
        pass
    assert signal.getsignal(signal.SIGTERM) == left
