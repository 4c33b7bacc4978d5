"""The recommender's assets: what moves the pointer, and what stops before it."""

from functools import partial
from pathlib import Path

import pytest
from dagster import ExecuteInProcessResult, materialize

from models import artifacts
from models.als import ALS
from models.guard_rails import Limits
from models.interactions import Interactions
from models.recommendations import KIND
from models.training import train_and_gate
from pipelines import training
from pipelines.installation import Installation, unheard
from tests.models.markets import taste_market
from tests.serving.market import Market, at
from warehouse.snapshot import Snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published shelf of twenty vendors, and shoppers with tastes."""
    market = Market(tmp_path / "published")
    for vendor in range(1, 21):
        market.vendor(vendor)
    for product in range(120):
        market.offer(product + 1, 1 + product % 20, product_id=5_000 + product)
    market.order(1, at("2026-11-20"), 1)
    market.publish()

    def shoppers(snapshot: Snapshot) -> Interactions:
        return taste_market(shoppers=400)

    monkeypatch.setattr(training, "published_interactions", shoppers)
    return tmp_path


def run(home: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits) -> ExecuteInProcessResult:
    patched = partial(train_and_gate, candidates=[ALS(factors=8)], limits=limits)
    monkeypatch.setattr(training, "train_and_gate", patched)
    return materialize(
        [training.recommender_candidate, training.live_recommender],
        resources={"installation": Installation(home, ""), "observer": unheard},
        raise_on_error=False,
    )


def test_the_pointer_moves_only_while_the_guard_rails_hold(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(home, monkeypatch, Limits()).success
    live = artifacts.live_version(home / "artifacts", KIND)
    assert live is not None
    blocked = run(home, monkeypatch, Limits(coverage_at_least=1.1))
    assert not blocked.success
    failed = [check for check in blocked.get_asset_check_evaluations() if not check.passed]
    assert [check.check_name for check in failed] == ["guard_rails_hold"]
    assert "coverage is" in str(failed[0].metadata["detail"].value)
    assert artifacts.live_version(home / "artifacts", KIND) == live
    assert len(artifacts.versions(home / "artifacts", KIND)) == 2
