"""Shrinkage against values drawn from known ones, beside a spread that is taken for known."""

import numpy as np
import pytest
from scipy.stats import norm

from models.shrinkage import drawn_together

DRAWS, COUNT, ERROR = 400, 40, 0.8
REACH = norm.ppf(0.95)


def by_moments(value: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The control: empirical Bayes with the spread of DerSimonian and Laird taken for known."""
    spread = max(value.var(ddof=1) - ERROR**2, 1e-6)
    share = spread / (spread + ERROR**2)
    found = value.mean() + share * (value - value.mean())
    return found, np.full(len(value), np.sqrt(share * ERROR**2 + ERROR**2 / len(value)))


def drawn(spread: float) -> tuple[np.ndarray, np.ndarray]:
    """True values and noisy ones `(DRAWS, COUNT)`, those first that lie closest together."""
    rng = np.random.default_rng(0)
    truth = rng.normal(-1.6, spread, (DRAWS, COUNT))
    value = truth + rng.normal(0, ERROR, truth.shape)
    order = value.var(axis=1).argsort()
    return truth[order], value[order]


def held(truth: np.ndarray, value: np.ndarray, method: object) -> np.ndarray:
    """`(DRAWS,)` how many of the true values the 90 % intervals hold."""
    error = np.full(COUNT, ERROR)
    found, apart = (
        np.array(part) for part in zip(*(method(v, error)[:2] for v in value), strict=True)
    )
    return (np.abs(found - truth) < REACH * apart).mean(axis=1)


@pytest.mark.parametrize(("spread", "most"), [(0.2, 1.0), (0.4, 0.96), (0.8, 0.94)])
def test_intervals_hold_at_least_as_often_as_they_say(spread: float, most: float) -> None:
    """More often where the spread is too small to be told from the errors."""
    assert 0.88 < held(*drawn(spread), drawn_together).mean() < most


def test_those_that_chance_to_lie_close_together_are_not_said_to_be_alike() -> None:
    truth, value = (rows[: DRAWS // 4] for rows in drawn(0.4))
    assert held(truth, value, drawn_together).mean() > 0.8
    assert held(truth, value, by_moments).mean() < 0.5


def test_what_is_well_known_speaks_for_itself_and_what_is_not_follows_the_others() -> None:
    value = np.array([-3.0, -1.0, -1.2, -0.8, -1.1, 9.0])
    found, apart, own = drawn_together(value, np.array([0.01, 0.1, 0.1, 0.1, 0.1, np.inf]))
    assert found[0] == pytest.approx(-3, abs=0.01)
    assert found[5] == pytest.approx(value[:5].mean(), abs=0.2)
    assert apart[5] > 3 * apart[1]
    assert own[0] > 0.99
    assert own[5] == 0


def test_one_alone_stays_what_it_is() -> None:
    found, apart, own = drawn_together(np.array([-2.0]), np.array([0.7]))
    assert (found[0], apart[0], own[0]) == pytest.approx((-2.0, 0.7, 1.0))


def test_what_is_ones_own_is_how_far_the_mean_follows_ones_value() -> None:
    """At a spread that the others fix: the mean's slope in the own value, by differences."""
    value, error = np.linspace(-2, -1, 40), np.full(40, 0.5)
    moved = value + np.where(np.arange(40) == 20, 1e-3, 0)
    slope = (drawn_together(moved, error).mean - drawn_together(value, error).mean)[20] / 1e-3
    assert drawn_together(value, error).credibility[20] == pytest.approx(slope, abs=0.01)


def test_nothing_known_is_said_to_be_nothing_known() -> None:
    found, apart, own = drawn_together(np.array([-1.0, -1.0]), np.full(2, np.inf))
    assert np.isnan(found).all()
    assert np.isinf(apart).all()
    assert not own.any()
