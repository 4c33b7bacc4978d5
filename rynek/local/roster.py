"""Who runs for a home, found from outside by what their guardians wrote."""

import os
import signal
import time
from pathlib import Path

from rynek.local.errors import NotReadyError
from rynek.local.home import Home
from rynek.local.process import State, read_state

DOWN_SECONDS = 90.0
CHECK_PAUSE_SECONDS = 0.05


def states(home: Home) -> dict[str, State]:
    """What is known of every process of the home that a live guardian keeps."""
    found = {path.stem: read_state(path) for path in sorted(home.run.glob("*.json"))}
    return {name: state for name, state in found.items() if state and state.is_guarded}


def down(root: Path) -> list[str]:
    """Stop every process of the home, whoever started it; the names of those that ran.

    Raises NotReadyError where a guardian does not end in time.
    """
    found = states(Home(root.resolve()))
    for guardian in {state.guardian_pid for state in found.values()}:
        os.kill(guardian, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_SECONDS
    while alive := [name for name, state in found.items() if state.is_guarded]:
        if time.monotonic() > deadline:
            raise NotReadyError(
                f"{', '.join(alive)} did not stop in {DOWN_SECONDS:.0f} s; "
                f"`kill -9 {found[alive[0]].guardian_pid}` stops them the hard way."
            )
        time.sleep(CHECK_PAUSE_SECONDS)
    return list(found)
