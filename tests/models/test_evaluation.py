import numpy as np
import pytest

from models.als import ALS
from models.errors import NothingToLearn
from models.evaluation import evaluate, mean_interval, relative_difference, temporal_split
from models.interactions import Interactions
from models.popularity import Popularity
from tests.models.markets import taste_market


def history() -> Interactions:
    return Interactions.from_columns(
        [1, 1, 1, 2, 2, 3], [10, 11, 10, 10, 12, 11], occurred_at=[1.0, 2, 9, 1, 9, 9]
    )


def test_the_past_trains_and_the_future_judges() -> None:
    split = temporal_split(history(), 5.0, task="all")
    assert split.train.days.max() < 5.0
    assert split.truth.toarray().astype(bool).tolist() == [
        [True, False, False],
        [False, False, True],
        [False, True, False],
    ]


def test_shoppers_without_a_past_are_not_judged() -> None:
    assert temporal_split(history(), 5.0, task="all").judged.tolist() == [0, 1]


def test_the_new_items_task_leaves_out_what_was_bought_before() -> None:
    split = temporal_split(history(), 5.0, task="new")
    assert split.judged.tolist() == [1]


def test_views_are_no_truth() -> None:
    market = Interactions.from_columns(
        [1, 1], [10, 11], occurred_at=[1.0, 9.0], is_purchase=[True, False]
    )
    with pytest.raises(NothingToLearn):
        temporal_split(market, 5.0)


def test_shoppers_are_sampled_by_seed() -> None:
    first, again, other = (
        temporal_split(taste_market(), 70.0, max_shoppers=20, seed=seed).judged
        for seed in (1, 1, 2)
    )
    assert len(first) == 20
    assert first.tolist() == again.tolist() != other.tolist()


def test_a_model_of_tastes_beats_popularity_where_tastes_rule() -> None:
    split = temporal_split(taste_market(shoppers=400), 70.0)
    ours, floor = (
        evaluate(model.fit(split.train), split) for model in (ALS(factors=8), Popularity())
    )
    difference = relative_difference(ours.by_shopper["ndcg@20"], floor.by_shopper["ndcg@20"])
    assert difference.low > 0
    assert ours.of_market["coverage@20"] > floor.of_market["coverage@20"]


def test_the_interval_holds_the_mean_and_narrows_with_shoppers() -> None:
    rng = np.random.default_rng(0)
    few, many = (mean_interval(rng.random(n)) for n in (30, 3000))
    for interval in (few, many):
        assert interval.low < interval.value < interval.high
    assert many.high - many.low < few.high - few.low


def test_pairing_makes_a_small_steady_difference_visible() -> None:
    rng = np.random.default_rng(0)
    baseline = rng.random(500)
    steady = relative_difference(baseline * 1.02, baseline)
    assert 0.019 < steady.low <= steady.high < 0.021
    unpaired = relative_difference(rng.permutation(baseline) * 1.02, baseline)
    assert unpaired.low < 0 < unpaired.high


def test_ranking_in_batches_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    split = temporal_split(taste_market(), 70.0)
    model = ALS(factors=4).fit(split.train)
    whole = evaluate(model, split).by_shopper["ndcg@20"]
    monkeypatch.setattr("models.evaluation.SCORES_AT_ONCE", 500)
    np.testing.assert_allclose(evaluate(model, split).by_shopper["ndcg@20"], whole)


def test_in_the_new_items_task_nobody_is_shown_what_they_bought() -> None:
    # Everyone bought 10 and 11 in the past, which are still the most popular, and then 12.
    market = Interactions.from_columns(
        [1, 1, 2, 2, 3, 1, 2], [10, 11, 10, 11, 12, 12, 12], occurred_at=[1.0] * 5 + [9.0] * 2
    )
    for task, found in (("new", 1.0), ("all", 0.0)):
        split = temporal_split(market, 5.0, task=task)
        report = evaluate(Popularity().fit(split.train), split, k=1, task=task)
        assert report.by_shopper["recall@1"].tolist() == [found, found]
