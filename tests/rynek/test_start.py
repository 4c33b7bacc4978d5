"""What every command waits for before it does anything."""

import subprocess
import sys

SLOW = {"dagster", "great_expectations", "lightgbm", "pandas", "sklearn"}


def test_no_command_waits_for_a_library_that_takes_seconds_to_import() -> None:
    code = "import sys, rynek.cli.main; print(*{name.split('.')[0] for name in sys.modules})"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert not SLOW & set(printed.stdout.decode().split())
