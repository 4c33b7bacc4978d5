"""`rynek models`: the registry from the command line."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from models import artifacts
from rynek.cli.main import app
from rynek.cli.models import models
from tests.models.markets import taste_market

MORNING = datetime(2026, 5, 4, 6, tzinfo=UTC)
LOST = {"recipe": "ials", "is_passed": False, "reasons": ["not better than popularity"]}
WON = LOST | {"is_passed": True, "reasons": []}
JUDGED = {"models": {"popularity": {"ndcg@20": [0.125, 0.1, 0.2]}}, "verdict": LOST}
OFF = {"out_of_stock": {"value": 3.0, "limit": 0, "is_held": False}}


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
            metrics=JUDGED,
            parent=None,
            arrays={"shares": np.ones(day + 1)},
            now=MORNING + timedelta(days=day),
        ).version
        for day in range(2)
    ]


def stored(root: Path, metrics: dict[str, Any]) -> str:
    return artifacts.write(
        root / "artifacts",
        "recommender",
        recipe="ials",
        parameters={},
        seed=0,
        data_window=(MORNING, MORNING),
        metrics=metrics,
        parent=None,
        arrays={"shares": np.ones(1)},
    ).version


def run(*words: str) -> str:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(models, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_promoting_and_rolling_back_moves_the_live_mark(versions: list[str]) -> None:
    for version in versions:
        assert "is live." in run("promote", version)
    assert versions[0] in run("rollback")
    rows = json.loads(run("list", "--json"))
    assert [row["version"] for row in rows if row["is_live"]] == versions[:1]
    assert rows[0]["ndcg@20"] == [0.125, 0.1, 0.2]
    assert rows[0]["objections"] == []


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


def test_what_a_catalogue_says_of_new_items_finds_them_in_an_evaluation(tmp_path: Path) -> None:
    market = taste_market(shoppers=300)
    is_late = market.columns % 10 == 0
    days = np.where(is_late, 95.6 + market.days / 25, market.days)
    events = pl.DataFrame(
        {
            "user": market.shoppers[market.rows],
            "item": market.products[market.columns],
            "time": (days * 86_400).astype(int),
        }
    )
    tastes = [f"taste {product % 4}" for product in market.products.tolist()]
    events.write_parquet(tmp_path / "events.parquet")
    pl.DataFrame({"item": market.products, "category": tastes}).write_parquet(
        tmp_path / "c.parquet"
    )
    words = ["--interactions", f"{tmp_path}/events.parquet", "--holdout-days", "4.5", "--json"]
    words += ["--models", "ials,content_ials", "--catalogue", f"{tmp_path}/c.parquet"]
    result = CliRunner().invoke(app, ["evaluate", *words])
    assert result.exit_code == 0, result.output
    rows = {row["model"]: row["strata"]["item age"] for row in json.loads(result.stdout)["rows"]}
    (of_ials, of_content) = (rows[recipe]["never seen"][1] for recipe in ("ials", "content_ials"))
    assert of_content > 2 * of_ials


def test_a_damaged_version_is_listed_with_its_problem(versions: list[str], tmp_path: Path) -> None:
    (tmp_path / "artifacts" / "recommender" / versions[0] / "shares.npy").unlink()
    rows = json.loads(run("list", "--json"))
    assert [row["problem"] for row in rows] == ["artifact_corrupt", None]
    assert f"{versions[0]}: artifact_corrupt" in run("list")


def test_a_list_fits_80_columns_and_says_what_stands_against_a_version(
    versions: list[str], tmp_path: Path
) -> None:
    lost = stored(tmp_path, {**JUDGED, "verdict": LOST, "guard_rails": OFF})
    run("promote", versions[1])
    told = run("list")
    assert "…" not in told
    lines = {line.split()[0]: line.split() for line in told.splitlines() if line.strip()}
    assert lines[versions[0]][1:] == ["popularity", "0.1250", "±0.0500"]
    assert lines[versions[1]][1:] == ["live", "popularity", "0.1250", "±0.0500"]
    assert f"{lost} " in told
    assert "0 of 1" in told
    against = " ".join(told.split())
    assert f"{lost}: not better than popularity; out_of_stock is 3, its limit 0" in against


def test_an_unknown_version_exits_1_naming_the_code(versions: list[str]) -> None:
    result = CliRunner().invoke(models, ["promote", "nothing"])
    assert result.exit_code == 1
    assert "artifact_missing" in result.output


@pytest.mark.parametrize(
    ("metrics", "objection"),
    [
        ({"verdict": LOST}, "not better than popularity"),
        ({"verdict": WON, "guard_rails": OFF}, "out_of_stock is 3, its limit 0"),
        ({}, "never judged"),
    ],
)
def test_what_did_not_pass_goes_live_only_by_force(
    versions: list[str], tmp_path: Path, metrics: dict[str, Any], objection: str
) -> None:
    run("promote", versions[0])
    version = stored(tmp_path, metrics)
    refused = CliRunner().invoke(models, ["promote", version])
    assert refused.exit_code == 1
    assert "promotion_refused" in refused.output
    assert objection in refused.output.replace("\n", " ")
    assert artifacts.live_version(tmp_path / "artifacts", "recommender") == versions[0]
    assert "is live." in run("promote", version, "--force")
