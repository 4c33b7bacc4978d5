import numpy as np
import pytest

from models.blend import Blend, standardised
from models.buy_again import BuyAgain
from models.errors import ParametersInvalid
from models.evaluation import evaluate
from models.item_knn import ItemKNN
from models.popularity import Popularity
from models.protocols import temporal
from models.registry import recommender
from models.tuning import tuned_blend
from tests.models.markets import taste_market

MARKET = taste_market(shoppers=200)
SPLIT = temporal(28.0)(MARKET)


def test_a_member_alone_ranks_as_it_does_outside_the_blend() -> None:
    rows = np.arange(40)
    inside = Blend([ItemKNN(), Popularity()], [1.0, 0.0]).fit(MARKET).recommend(rows, 10)
    outside = ItemKNN().fit(MARKET).recommend(rows, 10)
    np.testing.assert_array_equal(inside.items[:, :5], outside.items[:, :5])


def test_each_member_reads_the_history_in_its_own_way() -> None:
    blend = Blend([BuyAgain(half_life_days=10.0), ItemKNN()], [0.3, 0.7]).fit(MARKET)
    rows = np.array([4, 9, -1])
    parts = [model.fit(MARKET).score(rows) for model in (BuyAgain(half_life_days=10.0), ItemKNN())]
    expected = 0.3 * standardised(parts[0]) + 0.7 * standardised(parts[1])
    np.testing.assert_allclose(blend.score(rows)[:2], expected[:2], atol=1e-5)
    np.testing.assert_array_equal(blend.score(rows)[2], blend.popularity)


def test_a_row_that_says_nothing_moves_nothing() -> None:
    assert standardised(np.full((1, 4), 7.0, np.float32)).tolist() == [[0.0] * 4]


def test_the_parameters_are_enough_to_train_the_same_again() -> None:
    blend = Blend([ItemKNN(neighbours=7), Popularity()], [0.6, 0.4]).fit(MARKET)
    again = recommender(blend.recipe, blend.parameters()).fit(MARKET)
    np.testing.assert_array_equal(blend.score(np.arange(9)), again.score(np.arange(9)))


def test_the_weights_are_tuned_to_what_judging_each_of_them_would_say() -> None:
    members = [ItemKNN(), Popularity()]
    blend, trials = tuned_blend(members, SPLIT, 4)
    assert [len(trials), trials[0].parameters["weights"]] == [
        4,
        {"item_knn": 0.5, "popularity": 0.5},
    ]
    for trial in trials:
        model = Blend(members, list(trial.parameters["weights"].values())).fit(SPLIT.train)
        judged = evaluate(model, SPLIT).by_shopper["ndcg@20"].mean()
        assert trial.ndcg == pytest.approx(judged)
    best = max(trials, key=lambda trial: trial.ndcg)
    assert blend.parameters()["weights"] == best.parameters["weights"]


@pytest.mark.parametrize("weights", [[1.0], [1.0, -0.1]])
def test_a_weight_from_zero_is_wanted_for_each_member(weights: list[float]) -> None:
    with pytest.raises(ParametersInvalid):
        Blend([ItemKNN(), Popularity()], weights)
