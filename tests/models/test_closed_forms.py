"""The models without iterations, each beside a slow and obvious twin in dense float64."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from models import ease
from models.bspm import BSPM
from models.ease import EASE
from models.errors import ParametersInvalid
from models.gf_cf import GFCF
from models.item_knn import ItemKNN
from models.item_to_item import ItemWeights, strongest
from models.recommender import Recommender
from models.rp3beta import RP3Beta
from models.sparse_ease import SparseEASE
from tests.models.markets import taste_market

MARKET = taste_market(shoppers=150, products=40, events=8)
X = (MARKET.matrix.toarray() > 0).astype(np.float64)
EVERYONE = np.arange(MARKET.n_shoppers)
# So small a matrix has no gap for a randomised factorisation to find, except near its full rank.
RANK = 36


def assert_scores(model: Recommender, expected: np.ndarray) -> None:
    scores = model.fit(MARKET).score(EVERYONE)
    np.testing.assert_allclose(scores, expected, rtol=2e-3, atol=2e-4)


def dense_ease(regularisation: float) -> np.ndarray:
    P = np.linalg.inv(X.T @ X + regularisation * np.eye(X.shape[1]))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    return B


def normalised() -> np.ndarray:
    users, items = X.sum(1), X.sum(0)
    return X / np.sqrt(np.outer(users, items))


def low_pass(rank: int) -> np.ndarray:
    root = np.sqrt(X.sum(0))
    V = np.linalg.svd(normalised())[2][:rank].T
    return (V @ V.T) / root[:, None] * root


@pytest.mark.parametrize("at_once", [1, 7, 40])
def test_ease_is_the_dense_inverse(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "INVERTED_AT_ONCE", at_once)
    assert_scores(EASE(regularisation=5.0), X @ dense_ease(5.0))


def test_ease_is_the_same_where_shoppers_are_fewer_than_items() -> None:
    few = MARKET.where(MARKET.rows < 25)
    few = replace(few, shoppers=few.shoppers[:25])
    seen = X[:25]
    P = np.linalg.inv(seen.T @ seen + 5.0 * np.eye(X.shape[1]))
    B = np.eye(X.shape[1]) - P / np.diag(P)
    np.testing.assert_allclose(EASE(regularisation=5.0).fit(few).weights, B, atol=1e-5)


def test_ease_solves_each_item_by_ridge_regression_on_all_others() -> None:
    B = dense_ease(5.0)
    for item in (0, 7, 39):
        others = np.arange(X.shape[1]) != item
        A = X[:, others]
        ridge = np.linalg.solve(A.T @ A + 5.0 * np.eye(A.shape[1]), A.T @ X[:, item])
        np.testing.assert_allclose(B[others, item], ridge, atol=1e-9)


def test_the_tail_beyond_the_head_scores_zero() -> None:
    model = EASE(head=10).fit(MARKET)
    scores = model.score(EVERYONE)
    assert (scores[:, model.items] != 0).any()
    assert (np.delete(scores, model.items, axis=1) == 0).all()


def test_the_sparse_form_solves_each_item_by_ridge_regression_on_its_neighbours() -> None:
    weights = SparseEASE(regularisation=5.0, neighbours=6).fit(MARKET).weights.toarray()
    similarity = X.T @ X / np.sqrt(np.outer(X.sum(0), X.sum(0)))
    np.fill_diagonal(similarity, 0)
    for item in (0, 7, 39):
        near = np.argsort(-similarity[item], kind="stable")[:6]
        A = X[:, near]
        ridge = np.linalg.solve(A.T @ A + 5.0 * np.eye(6), A.T @ X[:, item])
        expected = np.zeros(X.shape[1])
        expected[near] = ridge
        np.testing.assert_allclose(weights[:, item], expected, atol=1e-5)


def test_item_neighbours_vote_by_shrunk_cosine() -> None:
    shared, root = X.T @ X, np.sqrt(X.sum(0))
    similarity = shared / (np.outer(root, root) + 3.0)
    np.fill_diagonal(similarity, 0)
    assert_scores(ItemKNN(neighbours=40, shrinkage=3.0), X @ similarity)


def test_the_read_side_scores_and_explains_as_the_matrix_does() -> None:
    model = ItemKNN(neighbours=7).fit(MARKET)
    served = ItemWeights(model.weights, model.popularity)
    columns, targets = np.flatnonzero(X[3]), np.arange(X.shape[1])
    parts = served.contributions(columns, np.ones(len(columns), np.float32), targets)
    np.testing.assert_allclose(parts, model.weights.toarray()[columns].T)
    scores = served.scores(columns, np.ones(len(columns), np.float32))
    np.testing.assert_allclose(scores, model.score(np.array([3]))[0], rtol=1e-5)
    np.testing.assert_allclose(parts.sum(axis=1), scores, atol=1e-6)


def test_the_random_walk_multiplies_three_transition_tables() -> None:
    to_items = (X / X.sum(1, keepdims=True)) ** 0.8
    to_shoppers = (X.T / X.sum(0)[:, None]) ** 0.8
    walk = to_shoppers @ to_items / X.sum(0) ** 0.5
    np.fill_diagonal(walk, 0)
    assert_scores(RP3Beta(neighbours=40, alpha=0.8, beta=0.5), X @ walk)


def test_the_graph_filter_adds_the_ideal_low_pass() -> None:
    R = normalised()
    expected = X @ (R.T @ R + 0.3 * low_pass(RANK))
    assert_scores(GFCF(rank=RANK, low_pass_weight=0.3), expected)


def test_sharpening_is_the_series_of_the_exponential_cut_after_four_terms() -> None:
    R = normalised()
    P = R.T @ R
    step = -1.5 * P
    series = np.eye(len(P)) + step + step @ step / 2
    series += step @ step @ step / 6 + step @ step @ step @ step / 24
    expected = X @ (P + 0.2 * low_pass(RANK)) @ series
    assert_scores(BSPM(rank=RANK, low_pass_weight=0.2, sharpening=1.5), expected)


def test_the_strongest_entries_of_each_row_are_kept() -> None:
    rng = np.random.default_rng(0)
    dense = rng.integers(0, 5, (20, 15)).astype(np.float32)
    kept = strongest(csr_array(dense), 4).toarray()
    for full, few in zip(dense, kept, strict=True):
        order = sorted(range(15), key=lambda column: (-full[column], column))[:4]
        expected = np.zeros(15)
        expected[order] = full[order]
        np.testing.assert_array_equal(few, expected)


@pytest.mark.parametrize(
    ("model", "faulty"),
    [
        (EASE, {"regularisation": 0.0}),
        (EASE, {"head": 45_001}),
        (SparseEASE, {"neighbours": 0}),
        (ItemKNN, {"shrinkage": -1.0}),
        (RP3Beta, {"alpha": 0.0}),
    ],
)
def test_parameters_outside_their_range_are_refused(
    model: type[Recommender], faulty: dict[str, float]
) -> None:
    with pytest.raises(ParametersInvalid):
        model(**faulty)
