"""Every notebook runs from top to bottom on a published market, and is kept without its output."""

import fcntl
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.conftest import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
SECONDS = 120


def execute(
    notebook: nbformat.NotebookNode, home: Path, patch: pytest.MonkeyPatch
) -> nbformat.NotebookNode:
    """Run it in a kernel of its own, as Jupyter would from the folder of notebooks."""
    patch.setenv("RYNEK_HOME", str(home))
    patch.setenv("IPYTHONDIR", str(home / "ipython"))
    patch.setenv("PYTHONPATH", str(REPOSITORY))
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(REPOSITORY / "notebooks")}},
    )
    return client.execute()


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_while_a_pipeline_holds_the_warehouse(
    path: Path, published_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (published_home / "warehouse" / "warehouse.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        execute(nbformat.read(path, as_version=4), published_home, monkeypatch)


@pytest.mark.slow
def test_a_broken_cell_is_noticed(published_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        execute(broken, published_home, monkeypatch)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_output(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    kept = [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
    assert kept == []
