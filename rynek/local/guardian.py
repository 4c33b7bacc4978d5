"""The parent of an installation's processes, outliving whoever asked for them just long enough.

Run as a script by `rynek.local.supervisor`. It reads orders, one JSON object a line, from a pipe
and answers each with one line. When the pipe ends, however its other end died, it stops every
process in reverse order and leaves. Killed itself, the kernel signals its children (Linux).
Nothing here may fail because something else in the project does: standard library and psutil only.
"""

import asyncio
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

PARENT_CHECK_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
SETTLED_SECONDS = 60.0
GROUP_GRACE_SECONDS = 5.0
GROUP_CHECK_SECONDS = 0.05
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

SPAWN_ERRORS = (OSError, subprocess.SubprocessError)
ME = {"pid": os.getpid(), "created": psutil.Process().create_time()}

Order = dict[str, Any]


class Child:
    """One process kept alive: its order, its present incarnation, and what is known of it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.process: asyncio.subprocess.Process | None = None
        self.is_stopping = asyncio.Event()
        self.restarts_left = 0
        self.keeper: asyncio.Task[None] | None = None

    def tell(self, state: str, exit_code: int | None = None) -> None:
        """Write the state file, by which everyone else knows this process."""
        pid = self.incarnation.pid
        facts = {"state": state, "pid": pid, "exit_code": exit_code, "guardian": ME}
        path = Path(self.order["state_file"])
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(facts | self.order["facts"]))
        fresh.replace(path)

    @property
    def incarnation(self) -> asyncio.subprocess.Process:
        if self.process is None:
            raise RuntimeError("the process was never spawned")
        return self.process

    async def spawn(self) -> None:
        order = self.order
        with Path(order["log"]).open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *order["command"],
                cwd=order["folder"],
                env=order["environment"],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(order["stop"][0][0]),
                **drop(order["account"]),
            )

    async def keep(self) -> None:
        """Run the process, and again after a crash, until told to stop or out of restarts."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            self.tell("running")
            born, process = time.monotonic(), self.incarnation
            exit_code = await process.wait()
            if self.is_stopping.is_set():
                return
            group_hears(process.pid, signal.SIGKILL)
            if time.monotonic() - born > SETTLED_SECONDS:
                pause, self.restarts_left = FIRST_PAUSE_SECONDS, self.order["restarts"]
            if self.restarts_left == 0:
                self.tell("failed", exit_code)
                return
            self.restarts_left -= 1
            self.tell("restarting", exit_code)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.is_stopping.wait(), pause)
                return
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            try:
                await self.spawn()
            except SPAWN_ERRORS as problem:
                print(self.order["name"], problem, file=sys.stderr)  # noqa: T201 -- our log
                self.tell("failed", exit_code)
                return
            if self.is_stopping.is_set():
                self.incarnation.kill()

    async def stop(self) -> None:
        """Signal after signal, each with its time, until the process and its group are gone."""
        self.is_stopping.set()
        process = self.incarnation
        if process.returncode is None:
            self.tell("stopping")
        for name, seconds in self.order["stop"]:
            if process.returncode is not None:
                break
            with suppress(ProcessLookupError):
                process.send_signal(signal.Signals[name])
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)
        await end_group(process.pid)
        if self.keeper:
            await self.keeper
        Path(self.order["state_file"]).unlink(missing_ok=True)


def drop(account: list[int] | None) -> dict[str, Any]:
    """Keyword arguments that give up root for the account."""
    if account is None:
        return {}
    uid, gid = account
    return {"user": uid, "group": gid, "extra_groups": []}


def die_with_parent(signal_name: str) -> Callable[[], None] | None:
    """What a new process does so that the kernel signals it should this guardian be killed."""
    if sys.platform != "linux":
        return None
    prctl, number = ctypes.CDLL(None).prctl, int(signal.Signals[signal_name])
    return lambda: prctl(PR_SET_PDEATHSIG, number)


def group_hears(group: int, number: int) -> bool:
    """Signal what is left of a process's group; whether anything was."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


async def end_group(group: int) -> None:
    """End what a process left behind: politely, then not."""
    deadline = time.monotonic() + GROUP_GRACE_SECONDS
    is_alive = group_hears(group, signal.SIGTERM)
    while is_alive and time.monotonic() < deadline:
        await asyncio.sleep(GROUP_CHECK_SECONDS)
        reap(group)
        is_alive = group_hears(group, 0)
    group_hears(group, signal.SIGKILL)


def reap(group: int) -> None:
    """Bury the dead of a group, who became our children when their parent died."""
    with suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG) != (0, 0):
            pass


def adopt_orphans() -> None:
    """Have the kernel hand us, not process 1, the children our children leave behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


class Guardian:
    """Carries out orders, and stops everything when there can be no more of them."""

    def __init__(self) -> None:
        self.children: dict[str, Child] = {}
        self.locks: dict[str, int] = {}

    async def obey(self, order: Order) -> Order:
        try:
            return await getattr(self, f"on_{order['do']}")(order) or {}
        except SPAWN_ERRORS as problem:
            return {"problem": str(problem)}

    async def on_claim(self, order: Order) -> Order:
        """Take the lock that makes us the only keeper of this name in this home."""
        name = order["name"]
        if name in self.locks:
            return {"claimed": True}
        lock = os.open(order["lock"], os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return {"claimed": False}
        self.locks[name] = lock
        return {"claimed": True}

    async def on_start(self, order: Order) -> None:
        child = Child(order)
        await child.spawn()
        self.children[order["name"]] = child
        child.keeper = asyncio.create_task(child.keep())
        child.tell("running")

    async def on_keep(self, order: Order) -> None:
        """It became ready: from now on a death is a crash to recover from, not a failed start."""
        child = self.children[order["name"]]
        child.restarts_left = child.order["restarts"]

    async def on_stop(self, order: Order) -> None:
        if child := self.children.pop(order["name"], None):
            await child.stop()

    async def on_release(self, order: Order) -> None:
        if (lock := self.locks.pop(order["name"], None)) is not None:
            os.close(lock)

    async def stop_all(self) -> None:
        """Wave after wave, the last first; what was started together stops together."""
        while self.children:
            last = max(child.order["wave"] for child in self.children.values())
            wave = [name for name, it in self.children.items() if it.order["wave"] == last]
            stops = (self.on_stop({"name": name}) for name in wave)
            for problem in filter(None, await asyncio.gather(*stops, return_exceptions=True)):
                # One that cannot be stopped in order must not keep the others from it.
                traceback.print_exception(problem)

    async def serve(self, orders: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Obey until the last order has come, one way or another."""
        async for line in orders:
            answers.write(json.dumps(await self.obey(json.loads(line))).encode() + b"\n")
            with suppress(ConnectionError):
                await answers.drain()


async def parent_gone(parent: int) -> None:
    """A pipe can be held open by a forked stranger; a dead parent cannot."""
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_CHECK_SECONDS)


async def pipes() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, sys.stdout
    )
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


async def guard(parent: int) -> None:
    adopt_orphans()
    told_to_leave = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, told_to_leave.set)
    guardian = Guardian()
    ends = [guardian.serve(*await pipes()), parent_gone(parent), told_to_leave.wait()]
    tasks = [asyncio.ensure_future(end) for end in ends]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await guardian.stop_all()


if __name__ == "__main__":
    asyncio.run(guard(parent=int(sys.argv[1])))
