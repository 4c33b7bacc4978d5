from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from transactional import money

cents = st.integers(0, 10**12)
rates = st.integers(0, 10_000)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=200)


@given(cents, rates)
def test_a_share_is_the_exact_rational_rounded_half_up_once(amount: int, rate: int) -> None:
    rounding = Fraction(amount * rate, 10_000) - money.share(amount, rate)
    assert -Fraction(1, 2) <= rounding < Fraction(1, 2)


def test_half_a_cent_is_rounded_up() -> None:
    assert [money.share(amount, 300) for amount in (16, 17, 50, 149, 150)] == [0, 1, 2, 4, 5]


@given(cents, weights)
def test_parts_sum_to_the_whole_and_none_is_a_cent_off(total: int, weights: list[int]) -> None:
    parts = money.split(total, weights)
    assert sum(parts) == total
    whole = sum(weights) or len(weights)
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(total * (weight if sum(weights) else 1), whole)
        assert abs(part - exact) < 1


def test_three_equal_thirds_of_a_cent_add_up() -> None:
    assert money.split(100, [1, 1, 1]) == [34, 33, 33]


def test_the_largest_remainder_gets_the_spare_cent() -> None:
    assert money.split(10, [1, 2, 4]) == [1, 3, 6]


def test_weightless_parts_are_equal_and_the_first_ones_get_the_rest() -> None:
    assert money.split(5, [0, 0, 0]) == [2, 2, 1]
