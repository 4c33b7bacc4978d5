"""Who may be in a ranker's list: the best of each source, and nobody twice."""

import numpy as np

from models.arrays import Float32
from models.candidates import OWN, Candidates, drawn
from models.history import Seen
from models.lessons import _teaching

N_ITEMS = 9
NONE_FRESH = np.zeros(N_ITEMS, bool)


def seen(items: list[int], ages: list[float]) -> Seen:
    """One shopper, who bought each item once, so many days ago."""
    ones, days = np.ones(len(items), np.float32), np.array(ages, np.float32)
    columns = np.array(items, np.int64)
    return Seen(np.array([0, len(items)]), columns, ones, ones, days, days, N_ITEMS)


def scored(*by_source: dict[int, float]) -> list[Float32]:
    """One row for each source, 0 where it says nothing."""
    scores = [np.zeros((1, N_ITEMS), np.float32) for _ in by_source]
    for row, said in zip(scores, by_source, strict=True):
        row[0, list(said)] = list(said.values())
    return scores


def places(found: Candidates, source: int) -> dict[int, float]:
    """One over the place of each candidate that the source named."""
    return {
        int(item): float(place)
        for item, place in zip(found.items, found.places[:, source], strict=True)
        if place
    }


def test_each_source_names_its_best_new_items_in_their_places() -> None:
    sources = scored({1: 3.0, 2: 2.0, 3: 1.0}, {3: 9.0, 4: 8.0})
    found = drawn(sources, seen([1], [0.0]), NONE_FRESH, None, each=2)
    assert places(found, 1) == {2: 1.0, 3: 0.5}
    assert places(found, 2) == {3: 1.0, 4: 0.5}
    assert places(found, OWN) == {1: 1.0}
    assert found.items.tolist() == [1, 2, 3, 4]


def test_a_score_of_zero_names_nobody() -> None:
    found = drawn(scored({2: 1.0}), seen([], []), NONE_FRESH, None, each=5)
    assert found.items.tolist() == [2]


def test_of_what_was_bought_the_latest_comes_first() -> None:
    found = drawn(scored({}), seen([1, 2, 3], [90.0, 5.0, 30.0]), NONE_FRESH, None, each=2)
    assert places(found, OWN) == {2: 1.0, 3: 0.5}


def test_fresh_items_have_places_of_their_own_which_the_first_source_judges() -> None:
    is_fresh = np.isin(np.arange(N_ITEMS), [6, 7, 8])
    sources = scored(
        {1: 9.0, 2: 8.0, 3: 7.0, 4: 6.0, 6: 3.0, 7: 5.0, 8: 4.0}, {1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}
    )
    found = drawn(sources, seen([7], [0.0]), is_fresh, None, each=4)
    assert set(found.items.tolist()) == {1, 2, 3, 4, 7, 8}, "7 was bought: 8 has the one place"
    assert not found.places[found.items == 8].any(), "in nobody's list"


def test_only_what_is_allowed_is_named_by_anybody() -> None:
    allowed = np.arange(N_ITEMS) < 3
    fresh = np.ones(N_ITEMS, bool)
    found = drawn(scored({2: 1.0, 5: 9.0}), seen([1, 4], [1.0, 1.0]), fresh, allowed, each=4)
    assert set(found.items.tolist()) <= {0, 1, 2}
    assert {1, 2} <= set(found.items.tolist())


def test_who_bought_none_of_their_candidates_teaches_nothing() -> None:
    rows, is_hit = np.array([0, 0, 1, 1]), np.array([True, False, False, False])
    teaches = _teaching(rows, is_hit, np.random.default_rng(0))
    assert teaches.tolist() == [True, True, False, False]
