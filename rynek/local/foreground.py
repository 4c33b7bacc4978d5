"""`rynek up` as a process: the installation until a signal, or `rynek down`, ends it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from rynek.local import home as homes
from rynek.local.apps import Market
from rynek.local.errors import LocalError, NotReadyError
from rynek.local.home import Home, opened, write_private
from rynek.local.installation import Say, say_nothing, up
from rynek.local.process import CODE, python

STOPPING = (signal.SIGTERM, signal.SIGHUP)
CHECK_PAUSE_SECONDS = 0.1
DETACHED_READY_SECONDS = 300.0


class Stopped(BaseException):
    """A signal asked this process to end."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP end the block, and with it everything started inside."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped

    before = {number: signal.signal(number, stop) for number in STOPPING}
    try:
        yield
    except (Stopped, KeyboardInterrupt):
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stay_up(home: Path, ready: Callable[[Market], None], say: Say = say_nothing) -> None:
    """Have the installation up, call `ready` with it, and stay until told to end."""
    with ended_by_signals(), up(home, say=say) as (market, supervisor):
        marker = marker_of(market.home)
        write_private(marker, str(os.getpid()))
        try:
            ready(market)
            supervisor.wait()
        finally:
            marker.unlink(missing_ok=True)


def marker_of(home: Home) -> Path:
    """The file that is there, with our process number, while the installation is up and ready."""
    return home.run / "up"


def detach(root: Path) -> None:
    """Have the installation up in a process of its own, and return when it is ready.

    Raises NotReadyError with what that process said, if it ends instead.
    """
    home = opened(root)
    with home.log("up").open("wb") as log:
        background = subprocess.Popen(
            python("rynek.local.foreground"),
            cwd=CODE,
            env={**os.environ, "RYNEK_HOME": str(home.root)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + DETACHED_READY_SECONDS
    while not is_ready(home, background.pid):
        if background.poll() is not None or time.monotonic() > deadline:
            background.terminate()
            raise NotReadyError(home.log("up").read_text().strip())
        time.sleep(CHECK_PAUSE_SECONDS)


def is_ready(home: Home, pid: int) -> bool:
    with suppress(FileNotFoundError):
        return marker_of(home).read_text() == str(pid)
    return False


def main() -> int:
    """What `rynek up --detach` leaves running."""
    try:
        stay_up(homes.from_environment(), ready=lambda market: None)
    except LocalError as problem:
        # Our log, which detach() reads back and shows.
        print(f"{problem.code}: {problem}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
