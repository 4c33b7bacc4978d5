"""Metric definitions, checked by hand and against scikit-learn."""

import numpy as np
from scipy.sparse import csr_array
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score, recall_score

from models import metrics
from models.topk import rank

ITEMS = np.array([[2, 0, 1], [3, 1, -1]], np.int32)
TRUTH = csr_array(np.array([[1, 0, 0, 1, 0], [0, 0, 0, 1, 0]], np.float32))


def test_hits_are_found_and_empty_places_are_none() -> None:
    assert metrics.hits(ITEMS, TRUTH).tolist() == [[False, True, False], [True, False, False]]


def test_the_two_recalls_differ_where_more_is_relevant_than_fits() -> None:
    hit = np.array([[True, False]])
    assert metrics.recall(hit, np.array([4.0])).tolist() == [0.25]
    assert metrics.recall_capped(hit, np.array([4.0])).tolist() == [0.5]


def test_reciprocal_rank_is_of_the_first_hit() -> None:
    hit = np.array([[False, True, True], [False, False, False]])
    assert metrics.reciprocal_rank(hit).tolist() == [0.5, 0.0]


def test_ndcg_equals_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((40, 60)).astype(np.float32)
    truth = (rng.random((40, 60)) < 0.2).astype(np.float32)
    truth[:, 0] = 1
    sparse = csr_array(truth)
    hit = metrics.hits(rank(scores.copy(), 10).items, sparse)
    ours = metrics.ndcg(hit, metrics.relevant(sparse)).mean()
    assert abs(ours - ndcg_score(truth, scores, k=10)) < 1e-9


def test_recall_equals_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    truth = (rng.random((40, 60)) < 0.2).astype(np.float32)
    items = rank(rng.standard_normal((40, 60)).astype(np.float32), 10).items
    listed = np.zeros_like(truth)
    np.put_along_axis(listed, items.astype(np.int64), 1, axis=1)
    sparse = csr_array(truth)
    ours = metrics.recall(metrics.hits(items, sparse), metrics.relevant(sparse)).mean()
    assert abs(ours - recall_score(truth, listed, average="samples", zero_division=0)) < 1e-9


def test_with_one_relevant_item_the_reciprocal_rank_is_scikit_learns_average_precision() -> None:
    rng = np.random.default_rng(2)
    scores = rng.standard_normal((40, 30)).astype(np.float32)
    truth = np.eye(30, dtype=np.float32)[rng.integers(0, 30, 40)]
    hit = metrics.hits(rank(scores.copy(), 30).items, csr_array(truth))
    ours = metrics.reciprocal_rank(hit).mean()
    assert abs(ours - label_ranking_average_precision_score(truth, scores)) < 1e-9


def test_gini_is_half_the_relative_mean_difference() -> None:
    amounts = np.random.default_rng(3).lognormal(size=50)
    differences = np.abs(amounts[:, None] - amounts)
    assert abs(metrics.gini(amounts) - differences.mean() / (2 * amounts.mean())) < 1e-12


def test_gini_is_zero_for_equals_and_grows_with_inequality() -> None:
    assert metrics.gini(np.ones(5)) == 0.0
    assert abs(metrics.gini(np.array([0, 0, 0, 8.0])) - 0.75) < 1e-12
    assert metrics.gini(np.zeros(3)) == 0.0


def test_vendor_inequality_adds_up_their_items() -> None:
    shown = np.array([3.0, 1.0, 4.0])
    assert metrics.group_gini(shown, np.array([0, 0, 1])) == 0.0


def test_coverage_counts_items_anybody_saw() -> None:
    assert metrics.coverage(metrics.exposure(ITEMS, 5)) == 0.8


def test_novelty_is_the_surprise_of_what_was_shown() -> None:
    assert metrics.novelty(np.array([[0, 1]], np.int32), np.array([4, 4])) == 1.0
    assert metrics.novelty(np.array([[1]], np.int32), np.array([8, 0])) == 3.0
