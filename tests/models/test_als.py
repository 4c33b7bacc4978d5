import numpy as np
import pytest
from scipy.sparse import csr_array

from models.als import ALS, loss
from models.errors import ParametersInvalid
from models.evaluation import evaluate, temporal_split
from models.factor_space import FactorSpace, Ridge
from models.implicit_als import ImplicitALS
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


def test_no_small_step_in_256_random_directions_improves_the_loss() -> None:
    market = taste_market(shoppers=40, products=30, events=6)
    initial = ALS(factors=5).initial_factors(market.n_items)
    items = FactorSpace.over(initial, RIDGE)
    shoppers = items.solve(market.matrix)
    ridge = items.ridge
    best = loss(market.matrix, shoppers, items.factors, ridge)
    rng = np.random.default_rng(0)
    for _ in range(256):
        step = rng.standard_normal(shoppers.shape) * 1e-3
        assert loss(market.matrix, shoppers + step, items.factors, ridge) > best


def test_each_iteration_lowers_the_loss() -> None:
    market = taste_market(shoppers=60, products=40, events=6)
    losses = []
    for iterations in (1, 2, 4, 8):
        model = ALS(factors=6, iterations=iterations).fit(market)
        shoppers = model.items.solve(market.matrix)
        losses.append(loss(market.matrix, shoppers, model.items.factors, model.items.ridge))
    assert losses == sorted(losses, reverse=True)


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


def test_the_penalty_is_that_of_an_average_shopper_whatever_the_other_weights() -> None:
    market = taste_market()
    for unobserved_weight in (0.01, 0.1, 1.0):
        model = ALS(penalty=0.05, unobserved_weight=unobserved_weight)
        average = market.matrix.nnz / market.n_shoppers
        penalty = model.ridge(market.matrix).penalty(average, market.n_items)
        assert penalty == pytest.approx(0.05 * average)


def test_nothing_bought_trains_to_nothing() -> None:
    market = taste_market()
    model = ALS(factors=4).fit(market.before(0.0))
    assert np.isfinite(model.score_histories(market.matrix)).all()
    assert (model.score(np.arange(3)) == 0).all()
