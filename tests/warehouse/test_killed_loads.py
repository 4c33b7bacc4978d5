"""Loads that are killed, and two at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.warehouse.loaded import contents, names
from tests.warehouse.market import Market
from warehouse import ledger, store
from warehouse.load import load
from warehouse.tables import TABLES

LOADING = """
import sys
from pathlib import Path
from warehouse import store
from warehouse.load import load
with store.opened(Path(sys.argv[1])) as connection:
    print("opened", flush=True)
    load(connection, sys.argv[2], on_table=lambda name, rows: print(name, flush=True))
    print("loaded", flush=True)
"""


def loading(folder: Path, url: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", LOADING, str(folder), url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_load_that_is_killed_anywhere_leaves_the_previous_state(
    market: Market, url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    market.vendor("Ada")
    with store.opened(folder) as connection:
        load(connection, url)
        before, first = contents(connection), ledger.last(connection)
    market.vendor("Bea")
    for last_line in ("opened", "owners", "orders", TABLES[-1].name):
        with loading(folder, url) as process:
            assert process.stdout is not None
            while process.stdout.readline().strip() != last_line:
                pass
            process.kill()
        with store.opened(folder) as connection:
            if ledger.last(connection) == first:
                assert contents(connection) == before
            else:  # it had committed before the blow fell
                assert last_line == TABLES[-1].name
    with store.opened(folder) as connection:
        load(connection, url)
        assert names(connection) == {"Ada", "Bea"}


@pytest.mark.slow
def test_two_loads_at_once_take_turns(market: Market, url: str, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    market.vendor("Ada")
    with loading(folder, url) as one, loading(folder, url) as other:
        outputs = [process.communicate(timeout=120)[0] for process in (one, other)]
    assert [output.splitlines()[-1] for output in outputs] == ["loaded", "loaded"]
    with store.opened(folder) as connection:
        [(loads, full)] = connection.sql(
            "select count(*), count(*) filter (is_full) from ledger.loads"
        ).fetchall()
        assert (loads, full) == (2, 1)
