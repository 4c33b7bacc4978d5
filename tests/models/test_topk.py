import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from models.topk import NO_ITEM, rank


def obvious(
    scores: list[float], k: int, excluded: set[int], allowed: set[int], ties: list[float]
) -> list[int]:
    left = [item for item in range(len(scores)) if item in allowed - excluded]
    best = sorted(left, key=lambda item: (-scores[item], -ties[item], item))[:k]
    return best + [NO_ITEM] * (k - len(best))


@given(st.data())
def test_ranking_equals_sorting_everything(data: st.DataObject) -> None:
    n_items = data.draw(st.integers(1, 12))
    some_items = st.sets(st.integers(0, n_items - 1))
    k = data.draw(st.integers(1, 15))
    # Few distinct values, so that ties are the rule.
    row = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=n_items, max_size=n_items)
    rows = data.draw(st.lists(row, min_size=1, max_size=4))
    excluded = [data.draw(some_items) for _ in rows]
    allowed = data.draw(some_items)
    ties = data.draw(row)
    flags = np.array([[item in row for item in range(n_items)] for row in excluded], np.float32)
    ranking = rank(
        np.array(rows, np.float32),
        k,
        exclude=csr_array(flags),
        allowed=np.isin(np.arange(n_items), list(allowed)),
        ties=np.array(ties, np.float32),
    )
    expected = [
        obvious(row, k, out, allowed, ties) for row, out in zip(rows, excluded, strict=True)
    ]
    assert ranking.items.tolist() == expected


def test_equal_scores_go_by_column_where_nothing_breaks_the_tie() -> None:
    ranking = rank(np.ones((1, 3), np.float32), 2)
    assert ranking.items.tolist() == [[0, 1]]


def test_every_shopper_may_have_a_tie_break_of_their_own() -> None:
    own = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
    assert rank(np.ones((2, 2), np.float32), 1, ties=own).items.tolist() == [[1], [0]]


def test_scores_come_back_in_the_order_of_the_items() -> None:
    ranking = rank(np.array([[0.1, 0.9, 0.5]], np.float32), 2)
    assert ranking.items.tolist() == [[1, 2]]
    np.testing.assert_allclose(ranking.scores, [[0.9, 0.5]])


def test_a_long_catalogue_is_ranked_as_if_it_were_sorted_whole() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random((4, 6_000)).astype(np.float32)
    scores[1] = scores[1].round(1)
    scores[2, 3:] = -np.inf
    # All the best at the very end, which no block of equal width reaches.
    scores[3, -3:] = 2.0
    ranking = rank(scores.copy(), 5)
    everything = set(range(6_000))
    ties = [0.0] * 6_000
    for row, items in zip(scores, ranking.items, strict=True):
        left = {item for item in everything if row[item] > -np.inf}
        assert items.tolist() == obvious(row.tolist(), 5, set(), left, ties)
