"""A process of its own that has an installation's servers running."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from rynek.local.process import CODE

HOLDER = """
import sys
from pathlib import Path
from rynek.local.servers import running
with running(Path(sys.argv[1]), names=("postgres", "redis"), durable=False, environ={}):
    print("ready", flush=True)
    sys.stdin.read()
"""


def holder(home: Path) -> "subprocess.Popen[str]":
    """A process that has both servers running until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)],
        cwd=CODE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process that works for the home: servers, their children, guardians."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = [*process.cmdline(), process.cwd()]
            if any(str(home) in word for word in words) and process.pid != os.getpid():
                found.append(process)
    return found
