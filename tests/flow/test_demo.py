"""The whole path, as `make demo` walks it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).parents[2]
MINUTES = 10


@pytest.mark.slow
@pytest.mark.timeout(60 * MINUTES + 30)
def test_the_demo_proves_itself_and_leaves_no_process_behind() -> None:
    proof = subprocess.run(
        [sys.executable, "-m", "rynek", "demo", "--check", "--scale", "tiny"],
        cwd=REPOSITORY,
        env={**os.environ, "TMPDIR": "/tmp", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60 * MINUTES,
        check=False,
    )
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "The market holds." in proof.stdout
    assert proof.stdout.count("✓") == 10
    assert not left_running()


def left_running() -> list[str]:
    """Processes that still name the demo's folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if "rynek-demo-" in line:
            found.append(line)
    return found
