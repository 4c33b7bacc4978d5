"""`rynek models`: the registry from the command line."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from models import artifacts
from rynek.cli.main import app
from rynek.cli.models import models

MORNING = datetime(2026, 5, 4, 6, tzinfo=UTC)


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("RYNEK_HOME", str(tmp_path))
    return [
        artifacts.write(
            tmp_path / "artifacts",
            "recommender",
            recipe="popularity",
            parameters={},
            seed=0,
            data_window=(MORNING, MORNING),
            metrics={"models": {"popularity": {"ndcg@20": [0.125, 0.1, 0.2]}}},
            parent=None,
            arrays={"shares": np.ones(day + 1)},
            now=MORNING + timedelta(days=day),
        ).version
        for day in range(2)
    ]


def run(*words: str) -> str:
    result = CliRunner().invoke(models, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_promoting_and_rolling_back_moves_the_live_mark(versions: list[str]) -> None:
    for version in versions:
        assert "is live." in run("promote", version)
    assert versions[0] in run("rollback")
    rows = json.loads(run("list", "--json"))
    assert [row["version"] for row in rows if row["is_live"]] == versions[:1]
    assert rows[0]["ndcg@20"] == 0.125


def test_without_any_version_the_next_step_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RYNEK_HOME", str(tmp_path))
    assert "rynek pipeline run" in run("list")
    assert json.loads(run("list", "--json")) == []


def test_a_file_that_is_no_parquet_is_refused_with_a_code(tmp_path: Path) -> None:
    (tmp_path / "events.parquet").write_text("nonsense")
    result = CliRunner().invoke(app, ["evaluate", "--interactions", f"{tmp_path}/events.parquet"])
    assert result.exit_code == 1
    assert "interactions_invalid: " in result.stderr


def test_a_damaged_version_is_listed_with_its_problem(versions: list[str], tmp_path: Path) -> None:
    (tmp_path / "artifacts" / "recommender" / versions[0] / "shares.npy").unlink()
    rows = json.loads(run("list", "--json"))
    assert [row["problem"] for row in rows] == ["artifact_corrupt", None]
    assert versions[0][:8] in run("list")


def test_an_unknown_version_exits_1_naming_the_code(versions: list[str]) -> None:
    result = CliRunner().invoke(models, ["promote", "nothing"])
    assert result.exit_code == 1
    assert "artifact_missing" in result.output
