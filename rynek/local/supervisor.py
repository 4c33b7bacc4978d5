"""Our end of the pipe to a guardian, through which processes are started and kept alive."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from weakref import WeakSet

from rynek.local import guardian as guardian_script
from rynek.local.errors import LocalError, NotReadyError
from rynek.local.home import Home
from rynek.local.process import Process, read_state

CHECK_PAUSE_SECONDS = 0.05
HINT_SECONDS = 2.0
FAREWELL_SECONDS = 90.0
LOG_LINES_SHOWN = 15
LOG_BYTES_KEPT = 10 * 2**20

_guardians: "WeakSet[subprocess.Popen[str]]" = WeakSet()


def _leave_guardians_to_the_parent() -> None:
    """A fork holds the pipe's ends too, and would keep a guardian waiting for our farewell."""
    for guardian in _guardians:
        for end in (guardian.stdin, guardian.stdout):
            Supervisor._pipe(end).close()


os.register_at_fork(after_in_child=_leave_guardians_to_the_parent)


class Supervisor:
    """Starts, keeps and stops processes of one home by way of its guardian."""

    def __init__(self, home: Home, guardian: "subprocess.Popen[str]") -> None:
        self.home = home
        self._guardian = guardian
        self._wave = 0

    def claim(self, name: str) -> bool:
        """Whether we now are the only one who may run this name in this home."""
        return bool(self._order("claim", name, lock=str(self.home.lock(name)))["claimed"])

    def release(self, name: str) -> None:
        """Leave the name to others."""
        self._order("release", name)

    def start(self, *processes: Process) -> None:
        """Start the processes side by side and wait until all are healthy.

        Raises NotReadyError, with the end of a log, if one dies or takes longer than its
        `ready_seconds`; none of them is left running then.
        """
        self._wave += 1
        try:
            for process in processes:
                shorten(self.home.log(process.name))
                self._spawn(process)
            for process in processes:
                self._await_health(process)
                self._order("keep", process.name)
        except BaseException:
            for process in reversed(processes):
                self.stop(process.name)
            raise

    def stop(self, name: str) -> None:
        """Stop the process and what it started; nothing to do if it is not ours."""
        self._order("stop", name)

    def wait(self) -> None:
        """Block until the guardian ends, because `rynek down` or a signal told it to."""
        self._guardian.wait()

    def _spawn(self, process: Process) -> None:
        account = process.account
        self._order(
            "start",
            process.name,
            command=process.command,
            environment=dict(process.environment),
            folder=str(process.folder),
            account=[account.uid, account.gid] if account else None,
            stop=process.stop,
            restarts=process.restarts,
            wave=self._wave,
            log=str(self.home.log(process.name)),
            state_file=str(self.home.state(process.name)),
            facts=dict(process.facts),
        )

    def _await_health(self, process: Process) -> None:
        deadline = time.monotonic() + process.ready_seconds
        while not process.is_healthy():
            self._require_alive(process)
            if time.monotonic() > deadline:
                raise self._not_ready(process, f"not ready after {process.ready_seconds:.0f} s")
            time.sleep(CHECK_PAUSE_SECONDS)
        # A stranger on the same port may have answered in its place.
        self._require_alive(process)

    def _require_alive(self, process: Process) -> None:
        state = read_state(self.home.state(process.name))
        if state is None:
            raise self._not_ready(process, "stopped by someone else")
        if state.state == "failed":
            raise self._not_ready(process, f"ended with exit code {state.exit_code}")

    def _not_ready(self, process: Process, what: str) -> NotReadyError:
        log = self.home.log(process.name)
        return NotReadyError(f"{process.name}: {what}. The end of {log}:\n{last_lines(log)}")

    def _order(self, verb: str, name: str, **details: Any) -> dict[str, Any]:
        order = {"do": verb, "name": name, **details}
        try:
            self._pipe(self._guardian.stdin).write(json.dumps(order) + "\n")
            self._pipe(self._guardian.stdin).flush()
            answer = self._pipe(self._guardian.stdout).readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise LocalError(
                f"The guardian of {self.home.root} has ended; see {self.home.log('guardian')}."
            )
        told: dict[str, Any] = json.loads(answer)
        if "problem" in told:
            raise LocalError(f"{name} could not be started: {told['problem']}")
        return told

    @staticmethod
    def _pipe(end: IO[str] | None) -> IO[str]:
        if end is None:
            raise RuntimeError("the guardian was spawned without pipes")
        return end


@contextmanager
def supervising(home: Home) -> Iterator[Supervisor]:
    """A supervisor whose processes all are gone at the end of the block."""
    with home.log("guardian").open("ab") as log:
        guardian = subprocess.Popen(
            # It has no use for the home's path; whoever looks at a list of processes has.
            [sys.executable, guardian_script.__file__, str(os.getpid()), str(home.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            # Its own session: Ctrl-C in our terminal is ours to answer, in order.
            start_new_session=True,
        )
    _guardians.add(guardian)
    try:
        yield Supervisor(home, guardian)
    finally:
        part_from(guardian)


def part_from(guardian: "subprocess.Popen[str]") -> None:
    """End the orders and wait until the guardian has stopped everything.

    The end of the pipe tells it so; where a stranger holds the pipe open too, a signal does.
    """
    with suppress(BrokenPipeError):
        Supervisor._pipe(guardian.stdin).close()
    try:
        guardian.wait(HINT_SECONDS)
    except subprocess.TimeoutExpired:
        guardian.terminate()
        guardian.wait(FAREWELL_SECONDS)
    Supervisor._pipe(guardian.stdout).close()


def last_lines(log: Path) -> str:
    """The end of a log, to be shown with an error."""
    with suppress(FileNotFoundError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
    return "(no log)"


def shorten(log: Path) -> None:
    """Set a log that has grown long aside, in place of the one set aside before."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES_KEPT:
            log.replace(log.with_suffix(".log.1"))
