"""Histories as they were, and brought up to this moment."""

import numpy as np

from models.history import LONG_AGO, Seen, brought_up, by_item, packed
from models.interactions import Interactions

NOW = 100.0


def kitchen() -> Interactions:
    """Shopper 1 bought 10 twice and looked at 11; shopper 2 did nothing that counts."""
    return Interactions.from_columns(
        [1, 1, 1, 2],
        [10, 10, 11, 11],
        weights=[1.0, 1.0, 0.25, 0.0],
        occurred_at=[90.0, 95.0, 99.0, 99.5],
        is_purchase=[True, True, False, False],
    )


def test_events_are_added_up_by_item() -> None:
    indptr, every = by_item(kitchen())
    assert indptr.tolist() == [0, 2, 2]
    assert every.columns.tolist() == [0, 1]
    assert every.weights.tolist() == [2.0, 0.25]
    assert every.purchases.tolist() == [2.0, 0.0]
    assert every.last_on.tolist() == [95.0, 99.0]
    assert every.bought_on.tolist() == [95.0, -np.inf]


def test_packed_and_unpacked_is_the_same_as_one_by_one() -> None:
    _, every = by_item(kitchen())
    together = Seen.unpacked(packed(kitchen(), NOW))
    alone = Seen.one(every, NOW, 2)
    assert together.ages.tolist() == alone.ages.tolist() == [5.0, 1.0]
    assert together.bought_ages.tolist() == alone.bought_ages.tolist() == [5.0, LONG_AGO]
    assert together.weights.tolist() == alone.weights.tolist()
    assert together.keys.tolist() == [0, 1]


def test_a_purchase_that_is_known_counts_once_and_a_later_one_again() -> None:
    _, before = by_item(kitchen())
    for day, expected in ((95.0, 2.0), (99.0, 3.0)):
        bought, on = np.array([0]), np.array([day])
        now = brought_up(before, bought, on, np.zeros(0, np.int64), NOW)
        assert now.purchases[0] == expected
        assert now.bought_on[0] == day


def test_what_was_looked_at_last_comes_last() -> None:
    _, before = by_item(kitchen())
    now = brought_up(before, np.zeros(0, np.int64), np.zeros(0), np.array([3, 1, 2]), NOW)
    assert now.columns[np.argsort(now.last_on)].tolist() == [0, 3, 1, 2]
    assert now.weights.tolist() == [2.0, 0.75, 0.5, 0.5]
    assert not now.bought[1:].any()
