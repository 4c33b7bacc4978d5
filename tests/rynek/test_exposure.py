"""`rynek models exposure`: who gets seen, on a published market."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from models import artifacts
from models.interactions import Interactions
from models.popularity import Popularity
from models.recommendations import KIND, stored
from rynek.cli.models import models
from tests.serving.market import Market, at


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A large vendor, a small one, and one whom nobody was shown."""
    market = Market(tmp_path / "published")
    for vendor in (1, 2, 3):
        market.vendor(vendor)
        market.offer(vendor, vendor)
    market.order(1, at("2026-11-20"), *[1] * 9)
    market.order(2, at("2026-11-20"), 2)
    market.shown(at("2026-11-20"), 1, 2)
    market.shown(at("2026-11-20"), 1)
    market.shown(at("2025-11-20"), 3)
    market.publish()
    monkeypatch.setenv("RYNEK_HOME", str(tmp_path))
    return tmp_path


def exposure(*words: str) -> str:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(models, ["exposure", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_shares_are_of_the_days_asked_for(home: Path) -> None:
    large, _, small = json.loads(exposure("--json"))["bands"]
    assert (large["vendors"], small["vendors"]) == (1, 2)
    assert (large["never_shown"], small["never_shown"]) == (0, 1)
    assert large["shares"]["impressions"] == pytest.approx(2 / 3)
    assert large["shares"]["exposure"] == pytest.approx(2 / (2 + 1 / np.log2(3)))
    assert large["shares"]["sales"] == pytest.approx(0.9)
    assert "lists" not in large["shares"]
    longer = json.loads(exposure("--json", "--days", "3000"))["bands"]
    assert sum(band["never_shown"] for band in longer) == 0


def test_the_live_models_lists_are_judged_too(home: Path) -> None:
    bought = Interactions.from_columns([7, 8, 8], [1, 2, 3])
    artifact = artifacts.write(
        home / "artifacts",
        KIND,
        recipe="popularity",
        parameters={},
        seed=0,
        data_window=bought.window(),
        metrics={},
        parent=None,
        arrays=stored(Popularity().fit(bought), bought),
    )
    artifacts.promote(home / "artifacts", KIND, artifact.version)
    found = json.loads(exposure("--json"))
    shares = {band["size"]: band["shares"]["lists"] for band in found["bands"]}
    # Shopper 7 is shown 2 and 3, shopper 8 is shown 1.
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["large"] == pytest.approx(1 / (2 + 1 / np.log2(3)))
    told = exposure()
    assert "Gini" in told
    assert "…" not in told, "80 columns are enough"


def test_without_anything_published_the_next_step_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RYNEK_HOME", str(tmp_path))
    result = CliRunner().invoke(models, ["exposure"])
    assert result.exit_code == 1
    assert "snapshot_missing" in result.output
