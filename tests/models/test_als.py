import numpy as np
import pytest
from scipy.sparse import csr_array

from models.als import ALS, loss
from models.als_trainer import Trainer
from models.errors import ParametersInvalid
from models.evaluation import evaluate, temporal_split
from models.factor_space import FactorSpace, Ridge
from models.implicit_als import ImplicitALS
from models.interactions import Interactions
from tests.models.markets import taste_market

RIDGE = Ridge(unobserved_weight=0.2, regularisation=0.05, exponent=1.0)


def weighted_histories(n: int, n_items: int, seed: int = 1) -> csr_array:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, n_items, n)
    dense = np.zeros((n, n_items), np.float32)
    for row, length in enumerate(lengths):
        dense[row, rng.choice(n_items, length, replace=False)] = rng.uniform(0.5, 3.0, length)
    return csr_array(dense)


def random_factors(n: int, k: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, k)).astype(np.float32)


def dense_solution(space: FactorSpace, history: np.ndarray) -> np.ndarray:
    V, w = space.factors.astype(np.float64), history.astype(np.float64)
    penalty = space.ridge.penalty(int((w > 0).sum()), len(V))
    A = V.T @ (w[:, None] * V) + space.ridge.unobserved_weight * V.T @ V
    return np.linalg.solve(A + penalty * np.eye(V.shape[1]), V.T @ w)


def test_every_row_equals_a_dense_float64_solve_for_short_and_long_histories() -> None:
    space = FactorSpace.over(random_factors(40, 12), RIDGE)
    histories = weighted_histories(60, 40)
    solved = space.solve(histories)
    expected = [dense_solution(space, history) for history in histories.toarray()]
    np.testing.assert_allclose(solved, expected, rtol=2e-4, atol=2e-5)


def test_folding_one_shopper_in_equals_solving_all() -> None:
    space = FactorSpace.over(random_factors(40, 12), RIDGE)
    histories = weighted_histories(20, 40)
    solved = space.solve(histories)
    for row in range(20):
        one = histories[[row]]
        folded = space.fold_in(one.indices, one.data)
        np.testing.assert_allclose(folded, solved[row], atol=1e-4)


def test_every_trained_item_equals_a_dense_float64_solve_against_the_shoppers() -> None:
    market = taste_market(shoppers=60, products=40, events=6)
    model = ALS(factors=5, iterations=100).fit(market)
    shoppers = model.items.solve(market.matrix)
    against = FactorSpace(shoppers, np.zeros(5), model.items.ridge)
    expected = [dense_solution(against, bought) for bought in market.matrix.T.toarray()]
    np.testing.assert_allclose(model.items.factors, expected, atol=2e-4)


def test_no_small_step_in_256_random_directions_improves_the_loss() -> None:
    market = taste_market(shoppers=40, products=30, events=6)
    model = ALS(factors=5, iterations=100).fit(market)
    shoppers, items = model.items.solve(market.matrix), model.items.factors
    best = loss(market.matrix, shoppers, items, model.items.ridge)
    rng = np.random.default_rng(0)
    for _ in range(256):
        moved = (side + 1e-3 * rng.standard_normal(side.shape) for side in (shoppers, items))
        assert loss(market.matrix, *moved, model.items.ridge) > best


def test_each_iteration_lowers_the_loss() -> None:
    market = taste_market(shoppers=60, products=40, events=6)
    trainer = ALS(factors=6).trainer(market.matrix)
    losses = []
    for _ in range(8):
        trainer.step()
        losses.append(loss(market.matrix, trainer.shoppers, trainer.items, trainer.ridge))
    assert losses == sorted(losses, reverse=True)


def test_enough_steps_of_a_half_iteration_equal_a_dense_float64_solve() -> None:
    histories = weighted_histories(60, 40)
    trainer = Trainer.starting(histories, 12, 1.0, RIDGE, 60, 0)
    trainer.step()
    against = FactorSpace(trainer.shoppers, np.zeros(12), RIDGE)
    expected = [dense_solution(against, bought) for bought in histories.T.toarray()]
    np.testing.assert_allclose(trainer.items, expected, rtol=2e-4, atol=2e-5)


def test_a_start_and_its_iterations_do_not_depend_on_the_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    market = taste_market()
    trained = []
    for threads in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        trained.append(ALS(factors=8, iterations=3).fit(market).items.factors)
    np.testing.assert_array_equal(*trained)


def test_folding_in_a_trained_shopper_equals_refitting_the_row() -> None:
    market = taste_market()
    model = ALS(factors=8, iterations=8).fit(market)
    trainer = model.trainer(market.matrix)
    for _ in range(8):
        trainer.step()
    against = FactorSpace(trainer.items, np.zeros(8), trainer.ridge)
    for row in range(0, market.n_shoppers, 29):
        one = market.matrix[[row]]
        refitted = trainer.items @ dense_solution(against, one.toarray()[0])
        np.testing.assert_allclose(model.items.scores(one.indices, one.data), refitted, atol=1e-4)


def test_listings_with_the_same_single_event_get_the_same_factors_and_content_decides() -> None:
    market = taste_market(products=20)
    first, second, other = 900, 901, 902
    grown = Interactions.from_columns(
        np.append(market.shoppers[market.rows], [1_000, 1_000, 1_001]),
        np.append(market.products[market.columns], [first, second, other]),
    )
    # With fewer factors their random starts would be forgotten to the last bit.
    model = ALS(factors=64, iterations=2).fit(grown)
    places = np.searchsorted(grown.products, [first, second, other])
    a, b, c = model.items.factors[places]
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    allowed = np.isin(grown.products, [first, second])
    likeness = np.where(grown.products == second, 1.0, 0.0).astype(np.float32)
    for ties, best in ((None, first), (likeness, second)):
        ranking = model.recommend(np.array([5]), 2, allowed=allowed, ties=ties)
        assert grown.products[ranking.items[0, 0]] == best


@pytest.mark.parametrize("n_events", [3, 30])
def test_the_contributions_of_a_history_add_up_to_the_score(n_events: int) -> None:
    space = FactorSpace.over(random_factors(40, 12), RIDGE)
    rng = np.random.default_rng(5)
    columns = rng.choice(40, n_events, replace=False)
    weights = rng.uniform(0.5, 2.0, n_events).astype(np.float32)
    targets = np.arange(40)
    scores = space.factors @ space.fold_in(columns, weights)
    parts = space.contributions(columns, weights, targets)
    np.testing.assert_allclose(parts.sum(axis=1), scores, rtol=1e-3, atol=1e-4)


def test_ours_ranks_no_worse_than_the_reference_implementation() -> None:
    market = taste_market(shoppers=600, events=16, seed=3)
    split = temporal_split(market, 75.0)
    ours, theirs = (
        evaluate(model.fit(split.train), split).by_shopper["ndcg@20"].mean()
        for model in (ALS(factors=8), ImplicitALS(factors=8))
    )
    assert ours > 0.97 * theirs


@pytest.mark.parametrize("name", ["factors", "penalty", "unobserved_weight", "iterations"])
def test_parameters_outside_their_range_are_refused(name: str) -> None:
    with pytest.raises(ParametersInvalid, match=name):
        ALS(**{name: 0})


def test_the_penalty_is_that_of_a_median_shopper_whatever_the_other_weights() -> None:
    market = taste_market()
    for unobserved_weight in (0.01, 0.1, 1.0):
        model = ALS(penalty=0.05, unobserved_weight=unobserved_weight)
        median = float(np.median(np.diff(market.matrix.indptr)))
        penalty = model.ridge(market.matrix).penalty(median, market.n_items)
        assert penalty == pytest.approx(0.05 * median)


def test_nothing_bought_trains_to_nothing() -> None:
    market = taste_market()
    model = ALS(factors=4).fit(market.before(0.0))
    assert np.isfinite(model.score_histories(market.matrix)).all()
    assert (model.score(np.arange(3)) == 0).all()
