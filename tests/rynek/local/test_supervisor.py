"""Processes are kept alive within bounds, and stopped with everything they started."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from rynek.local.errors import LocalError, NotReadyError
from rynek.local.home import opened
from rynek.local.process import Process, State, read_state
from rynek.local.supervisor import LOG_BYTES_KEPT, Supervisor, part_from, shorten, supervising

pytestmark = pytest.mark.slow

Until = Callable[[Callable[[], bool]], None]

FOREVER = "import time; time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); "
TELLING = """
import pathlib, signal, sys, time
def end(*_):
    with open("ended", "a") as ended:
        ended.write(sys.argv[1] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
PARENT = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); "


@pytest.fixture
def supervisor(home: Path) -> Iterator[Supervisor]:
    with supervising(opened(home)) as supervisor:
        yield supervisor


def script(supervisor: Supervisor, code: str, **more: Any) -> Process:
    """A process that runs the code."""
    settings: dict[str, Any] = {
        "name": "script",
        "command": (sys.executable, "-c", code),
        "environment": dict(os.environ),
        "folder": supervisor.home.root,
        "ready_seconds": 20.0,
        **more,
    }
    return Process(**settings)


def state_of(supervisor: Supervisor, name: str = "script") -> State:
    state = read_state(supervisor.home.state(name))
    assert state is not None
    return state


def said(supervisor: Supervisor) -> str:
    return supervisor.home.log("script").read_text()


def test_a_process_that_dies_at_once_is_an_error_with_the_end_of_its_log(
    supervisor: Supervisor,
) -> None:
    dying = script(supervisor, "raise SystemExit('no such stall')", is_healthy=lambda: False)
    with pytest.raises(NotReadyError, match=r"exit code 1[\s\S]*no such stall"):
        supervisor.start(dying)
    assert read_state(supervisor.home.state("script")) is None


def test_a_process_that_never_becomes_healthy_is_stopped(supervisor: Supervisor) -> None:
    pids: list[int] = []

    def is_healthy() -> bool:
        pids.append(state_of(supervisor).pid)
        return False

    with pytest.raises(NotReadyError, match="not ready after 0 s"):
        supervisor.start(script(supervisor, FOREVER, is_healthy=is_healthy, ready_seconds=0.2))
    assert not psutil.pid_exists(pids[0])


def test_if_one_of_several_fails_to_start_none_is_left(supervisor: Supervisor) -> None:
    well = script(supervisor, FOREVER, name="well")
    ill = script(supervisor, "raise SystemExit(3)", name="ill", is_healthy=lambda: False)
    with pytest.raises(NotReadyError, match="ill: ended with exit code 3"):
        supervisor.start(well, ill)
    assert read_state(supervisor.home.state("well")) is None


def test_a_command_that_does_not_exist_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(LocalError, match="no-such-program"):
        supervisor.start(script(supervisor, "", command=("/no-such-program",)))


def test_a_crash_is_followed_by_a_restart_until_restarts_run_out(
    supervisor: Supervisor, until: Until
) -> None:
    supervisor.start(script(supervisor, FOREVER, restarts=1))
    first = state_of(supervisor).pid
    os.kill(first, signal.SIGKILL)
    until(lambda: state_of(supervisor).is_running and state_of(supervisor).pid != first)
    os.kill(state_of(supervisor).pid, signal.SIGKILL)
    until(lambda: state_of(supervisor).state == "failed")
    assert state_of(supervisor).exit_code == -signal.SIGKILL


def test_a_process_that_ignores_the_polite_signal_gets_the_other(
    supervisor: Supervisor, until: Until
) -> None:
    stop = (("SIGTERM", 0.2), ("SIGKILL", 5.0))
    supervisor.start(script(supervisor, STUBBORN + FOREVER, stop=stop))
    until(lambda: "1" in said(supervisor))
    pid = state_of(supervisor).pid
    supervisor.stop("script")
    assert not psutil.pid_exists(pid)
    assert read_state(supervisor.home.state("script")) is None


def test_what_a_process_leaves_behind_ends_with_it(supervisor: Supervisor, until: Until) -> None:
    supervisor.start(script(supervisor, PARENT + FOREVER))
    until(lambda: said(supervisor).endswith("\n"))
    grandchild = int(said(supervisor))
    assert psutil.pid_exists(grandchild)
    supervisor.stop("script")
    assert not psutil.pid_exists(grandchild)


def test_a_stop_during_the_pause_before_a_restart_is_heard(
    supervisor: Supervisor, until: Until
) -> None:
    supervisor.start(script(supervisor, FOREVER))
    os.kill(state_of(supervisor).pid, signal.SIGKILL)
    until(lambda: state_of(supervisor).state == "restarting")
    supervisor.stop("script")
    assert read_state(supervisor.home.state("script")) is None


def test_processes_stop_in_the_reverse_order_of_their_start(home: Path) -> None:
    with supervising(opened(home)) as supervisor:
        for name in ("first", "second", "third"):
            command = (sys.executable, "-c", TELLING, name)
            is_ready = (home / name).exists
            supervisor.start(
                script(supervisor, "", command=command, name=name, is_healthy=is_ready)
            )
    assert (home / "ended").read_text().split() == ["third", "second", "first"]


def test_a_name_belongs_to_one_supervisor_at_a_time(home: Path, supervisor: Supervisor) -> None:
    with supervising(opened(home)) as other:
        assert supervisor.claim("stall")
        assert supervisor.claim("stall")
        assert not other.claim("stall")
        supervisor.release("stall")
        assert other.claim("stall")


def test_an_order_to_a_dead_guardian_says_so(home: Path) -> None:
    with supervising(opened(home)) as supervisor:
        supervisor.start(script(supervisor, FOREVER))
        os.kill(state_of(supervisor).guardian_pid, signal.SIGTERM)
        supervisor.wait()
        assert read_state(supervisor.home.state("script")) is None
        with pytest.raises(LocalError, match="guardian"):
            supervisor.claim("stall")


def test_a_state_that_a_dead_guardian_left_is_not_believed(home: Path) -> None:
    with supervising(opened(home)) as supervisor:
        supervisor.start(script(supervisor, FOREVER))
        left = supervisor.home.state("script").read_text()
        assert state_of(supervisor).is_running
    opened(home).state("script").write_text(left)
    state = read_state(opened(home).state("script"))
    assert state is not None
    assert not state.is_running


def test_a_long_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "core.log"
    log.write_bytes(b"x" * (LOG_BYTES_KEPT + 1))
    shorten(log)
    assert not log.exists()
    assert (tmp_path / "core.log.1").stat().st_size == LOG_BYTES_KEPT + 1


def test_a_stranger_who_holds_the_pipe_open_does_not_delay_the_farewell(home: Path) -> None:
    with supervising(opened(home)) as supervisor:
        supervisor.start(script(supervisor, FOREVER))
        pid, guardian = state_of(supervisor).pid, supervisor._guardian
        assert guardian.stdin is not None
        with subprocess.Popen(["sleep", "600"], pass_fds=[guardian.stdin.fileno()]) as stranger:
            try:
                part_from(guardian)
            finally:
                stranger.kill()
    assert not psutil.pid_exists(pid)


def test_a_fork_of_ours_holds_no_end_of_the_pipe(supervisor: Supervisor) -> None:
    stdin = supervisor._guardian.stdin
    assert stdin is not None
    pid = os.fork()
    if pid == 0:
        os._exit(0 if stdin.closed else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert not stdin.closed
