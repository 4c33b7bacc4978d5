import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rynek.cli.pipeline import app
from tests.warehouse.market import Market

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def reachable_home() -> Iterator[Path]:
    """A folder that the account of the local servers may enter; pytest's own it may not."""
    home = Path(tempfile.mkdtemp(prefix="rynek-pipeline-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


def test_a_failed_run_exits_1_and_names_what_failed(
    market: Market,
    reachable_home: Path,
    database_url: str,
    pipeline_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RYNEK_HOME", str(reachable_home))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("PIPELINE_DATABASE_URL", pipeline_database_url)
    market.ask("alter table products rename column title to name")
    result = CliRunner().invoke(app, ["run", "--no-train"])
    assert result.exit_code == 1
    assert "products.title is missing" in result.output
    assert "pipeline_failed: column_contract_broken: " in result.output
    assert "the load did not get that far" in result.output
    assert "the last good one stays served" in result.output
    assert "Traceback" not in result.output
    assert "Stack Trace" not in result.output
