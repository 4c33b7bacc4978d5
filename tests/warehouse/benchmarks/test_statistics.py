import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse.benchmarks.statistics import (
    quantile_weights,
    rounded,
    smoothed_quantile,
    step,
    winsor_weights,
    winsorised,
)

MEDIANS = st.tuples(st.integers(10, 2_000), st.just(0.5))
QUARTILES = st.tuples(st.integers(20, 2_000), st.sampled_from([0.25, 0.75]))


@settings(deadline=None)
@given(MEDIANS | QUARTILES)
@example((25, 0.5))  # a stretch of 1/√25 ends on the edges of its parts
def test_weights_are_a_law_that_leaves_the_outermost_values_out(asked: tuple[int, float]) -> None:
    weights = quantile_weights(*asked)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert weights.max() < 0.5, "no published quantile is one shop's value"
    assert weights[0] == weights[-1] == 0


def test_a_quantile_is_close_to_the_plain_one() -> None:
    values = np.random.default_rng(0).normal(size=999)
    for quantile in (0.25, 0.5, 0.75):
        plain = float(np.quantile(values, quantile))
        assert smoothed_quantile(values, quantile) == pytest.approx(plain, abs=0.05)


def test_the_median_of_ten_rests_on_its_middle_and_not_on_its_ends() -> None:
    values = np.arange(1.0, 11.0)
    assert smoothed_quantile(values, 0.5) == pytest.approx(5.5)
    assert smoothed_quantile(np.append(values[:-1], 1e9), 0.5) == pytest.approx(5.5)


@pytest.mark.parametrize(
    ("value", "smallest", "size"),
    [(8_734, 1, 200), (100, 1, 5), (12, 1, 1), (0.031, 0.005, 0.005), (1.7, 0.005, 0.05)],
)
def test_a_step_is_a_round_number_of_at_most_five_percent(
    value: float, smallest: float, size: float
) -> None:
    assert step(value, smallest) == pytest.approx(size)


def test_figures_stand_on_their_step() -> None:
    assert rounded(8_734, 200) == 8_800
    assert rounded(0.0131, 0.005) == 0.015


def test_winsorising_moves_the_outermost_values_in() -> None:
    values = np.array([*range(1, 20), 1_000.0])
    assert winsorised(values).max() < 100
    assert winsorised(values)[1:-1].tolist() == values[1:-1].tolist()


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=10, max_size=200))
def test_winsorised_values_are_mixtures_of_those_in_order(drawn: list[float]) -> None:
    values = np.sort(drawn)
    assert winsor_weights(len(values)) @ values == pytest.approx(winsorised(values), abs=1e-6)
