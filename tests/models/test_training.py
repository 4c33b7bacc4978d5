from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from models import artifacts
from models.als import ALS
from models.errors import NothingToLearn
from models.evaluation import Report
from models.gate import decide
from models.interactions import Interactions
from models.popularity import Popularity
from models.recommendations import KIND
from models.training import train_and_gate
from tests.models.markets import taste_market

pytestmark = pytest.mark.slow

MARKET = taste_market(shoppers=400)
GOOD = ALS(factors=8)
# Two factors and hardly any learning: a recipe that must not replace a good one.
POOR = ALS(factors=1, iterations=1)


def report(values: np.ndarray, recipe: str = "ials") -> Report:
    return Report(recipe, 20, {"ndcg@20": values}, {})


@pytest.fixture
def scores() -> np.ndarray:
    return np.random.default_rng(0).random(400)


def test_the_first_good_model_is_stored_and_may_go_live(tmp_path: Path) -> None:
    outcome = train_and_gate(MARKET, tmp_path, candidates=[GOOD])
    assert outcome.verdict.is_passed
    assert outcome.artifact is not None
    assert outcome.artifact.recipe == "ials"
    assert outcome.artifact.metrics["verdict"]["is_passed"]
    assert artifacts.live(tmp_path, KIND) is None


def test_the_winner_is_trained_on_everything(tmp_path: Path) -> None:
    outcome = train_and_gate(MARKET, tmp_path, candidates=[GOOD])
    assert outcome.artifact is not None
    assert outcome.artifact.arrays["seen_weights"].sum() == MARKET.n_events


def test_if_the_first_candidate_fails_popularity_answers(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    shuffled = replace(MARKET, columns=rng.permutation(MARKET.columns))
    outcome = train_and_gate(shuffled, tmp_path, candidates=[GOOD])
    assert not outcome.verdict.is_passed
    assert outcome.artifact is not None
    assert outcome.artifact.recipe == "popularity"


def test_a_history_that_ends_in_a_thin_tail_is_judged_where_there_are_shoppers(
    tmp_path: Path,
) -> None:
    straggler = int(np.argmax(MARKET.days))
    days = MARKET.days.copy()
    days[straggler] += 500.0
    outcome = train_and_gate(replace(MARKET, days=days), tmp_path, candidates=[GOOD])
    assert outcome.verdict.is_passed
    assert len(outcome.reports["ials"].by_shopper["ndcg@20"]) >= 100


def test_the_same_recipe_on_newer_data_goes_live(tmp_path: Path) -> None:
    older = MARKET.before(95.0)
    first = train_and_gate(older, tmp_path, candidates=[GOOD])
    assert first.artifact is not None
    artifacts.promote(tmp_path, KIND, first.artifact.version)
    second = train_and_gate(MARKET, tmp_path, candidates=[GOOD])
    assert second.verdict.is_passed
    assert second.artifact is not None
    assert second.artifact.parent == first.artifact.version


def test_a_poorer_recipe_is_refused_and_the_live_one_renewed(tmp_path: Path) -> None:
    first = train_and_gate(MARKET, tmp_path, candidates=[GOOD])
    assert first.artifact is not None
    artifacts.promote(tmp_path, KIND, first.artifact.version)
    second = train_and_gate(MARKET, tmp_path, candidates=[POOR])
    assert second.artifact is not None
    assert second.artifact.parameters["factors"] == 8


def test_a_later_candidate_must_beat_the_simpler_one_that_passed(tmp_path: Path) -> None:
    alike = replace(GOOD, seed=1)
    outcome = train_and_gate(MARKET, tmp_path, candidates=[GOOD, alike])
    assert [verdict.is_passed for verdict in outcome.verdicts] == [True, False]
    assert "not better than ials" in outcome.verdicts[1].reasons[-1]
    assert outcome.verdict is outcome.verdicts[0]
    assert outcome.artifact is not None
    assert outcome.artifact.seed == 0
    assert outcome.artifact.parameters["seed"] == 0


def test_a_better_later_candidate_wins(tmp_path: Path) -> None:
    outcome = train_and_gate(MARKET, tmp_path, candidates=[ALS(factors=1), GOOD])
    assert outcome.verdict is outcome.verdicts[-1]
    assert outcome.artifact is not None
    assert outcome.artifact.parameters["factors"] == 8


def test_broken_data_leaves_the_live_model_alone(tmp_path: Path) -> None:
    first = train_and_gate(MARKET, tmp_path, candidates=[GOOD])
    assert first.artifact is not None
    artifacts.promote(tmp_path, KIND, first.artifact.version)
    rng = np.random.default_rng(1)
    shuffled = replace(MARKET, columns=rng.permutation(MARKET.columns))
    second = train_and_gate(shuffled, tmp_path, candidates=[GOOD])
    assert not second.verdict.is_passed
    assert second.artifact is None
    assert artifacts.live_version(tmp_path, KIND) == first.artifact.version


def test_a_live_popularity_is_renewed_while_no_candidate_is_better(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    shuffled = replace(MARKET, columns=rng.permutation(MARKET.columns))
    for _ in range(2):
        outcome = train_and_gate(shuffled, tmp_path, candidates=[GOOD])
        assert outcome.artifact is not None
        assert outcome.artifact.recipe == "popularity"
        artifacts.promote(tmp_path, KIND, outcome.artifact.version)
    better = train_and_gate(MARKET, tmp_path, candidates=[GOOD])
    assert better.artifact is not None
    assert better.artifact.recipe == "ials"


def test_the_live_recipe_is_trained_only_on_what_it_knew(tmp_path: Path) -> None:
    # So old a model knew little: the same recipe on newer data is clearly better.
    first = train_and_gate(MARKET.before(60.0), tmp_path, candidates=[GOOD], holdout_days=20.0)
    assert first.artifact is not None
    artifacts.promote(tmp_path, KIND, first.artifact.version)
    second = train_and_gate(MARKET, tmp_path, candidates=[GOOD], holdout_days=20.0)
    assert second.verdict.compared["incumbent"].value > 0


def test_no_model_is_fitted_on_the_window_that_judges_it(tmp_path: Path) -> None:
    latest: list[float] = []

    @dataclass
    class Watched(ALS):
        def learn(self, interactions: Interactions) -> None:
            latest.append(float(interactions.days.max()))
            super().learn(interactions)

    train_and_gate(MARKET, tmp_path, candidates=[Watched(factors=8)], holdout_days=28.0)
    last_day = float(MARKET.days.max())
    *trials, final = latest
    assert max(trials) < last_day - 28.0
    assert final == last_day


def test_too_little_to_judge_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingToLearn):
        train_and_gate(Interactions.from_columns([], []), tmp_path)
    with pytest.raises(NothingToLearn):
        train_and_gate(Interactions.from_columns([1], [2]), tmp_path)


def test_a_new_recipe_must_be_better_with_its_interval_above_zero(scores: np.ndarray) -> None:
    floor = report(scores * 0.5, "popularity")
    assert decide(report(scores * 1.02), floor, report(scores, "old")).is_passed
    equal = decide(report(scores), floor, report(scores, "old"))
    assert not equal.is_passed
    assert "not better than the live recipe old" in equal.reasons[1]


def test_the_same_recipe_may_lose_less_than_one_percent(scores: np.ndarray) -> None:
    floor = report(scores * 0.5, "popularity")
    for loss, passes in ((0.995, True), (0.98, False)):
        verdict = decide(report(scores * loss), floor, report(scores), is_same_recipe=True)
        assert verdict.is_passed is passes


def test_nothing_goes_live_that_does_not_beat_popularity(scores: np.ndarray) -> None:
    verdict = decide(report(scores), report(scores, Popularity.recipe))
    assert not verdict.is_passed
    assert "not better than popularity" in verdict.reasons[0]
