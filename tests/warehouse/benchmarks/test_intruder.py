"""The attacker: what is published must leave every owner's value in doubt by more than 15 %."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.benchmarks.test_disclosure import units
from warehouse.benchmarks.cells import Shown, published
from warehouse.benchmarks.disclosure import Unit, cells_of, members
from warehouse.benchmarks.intruder import Intruder
from warehouse.benchmarks.sightings import Month, Statement, statements

DOUBT = 0.15
SEEDS = st.integers(0, 2**32 - 1)

LAWS = {
    "spread": lambda rng, size: rng.lognormal(4, 1, size),
    "far apart": lambda rng, size: rng.lognormal(4, 2, size),
    "alike": lambda rng, size: rng.normal(100, 2, size),
    "the same": lambda rng, size: np.full(size, 100.0),
    "often nothing": lambda rng, size: 100 * rng.random(size) * (rng.random(size) < 0.5),
}


def trading(rng: np.random.Generator, law: str, size: int) -> list[Unit]:
    """Owners in a few cohorts, one in ten with several shops; values as they enter means too."""
    owners = np.where(rng.random(size) < 0.1, rng.integers(0, size, size), np.arange(size))
    paths = [tuple(int(part) for part in row) for row in rng.integers(0, 2, (size, 3))]
    found = {
        (int(owner), path): Unit(int(owner), path, float(value), float(value))
        for owner, path, value in zip(owners, paths, LAWS[law](rng, size), strict=True)
    }
    return list(found.values())


def seen(*months: list[Unit]) -> list[Month]:
    """What each month publishes, given the months before it."""
    told: list[Month] = []
    before: list[Shown] = []
    for month in months:
        cells = published(month, 1, before)
        told.append(Month(month, list(statements(cells, month))))
        before.append(Shown.of(month, cells))
    return told


def unprotected(traded: list[Unit]) -> Month:
    """The same figures without any rule: every cell's plain mean."""
    said = []
    for path, cohorts in cells_of(traded).items():
        inside = members(cohorts)
        mean = float(np.mean([unit.value for unit in inside]))
        weights = np.full(len(inside), 1 / len(inside))
        said.append(Statement(path, weights, mean - 1e-6, mean + 1e-6))
    return Month(traded, said)


@settings(max_examples=12)
@given(SEEDS, st.sampled_from(sorted(LAWS)), st.integers(10, 45))
def test_no_owner_learns_another_ones_value_from_all_levels_together(
    seed: int, law: str, size: int
) -> None:
    rng = np.random.default_rng(seed)
    traded = trading(rng, law, size)
    intruder = Intruder(int(rng.choice([unit.owner_id for unit in traded])), seen(traded))
    assert intruder.learns(DOUBT, smallest=1) == []


@pytest.mark.slow
@settings(max_examples=8)
@given(SEEDS, st.sampled_from(sorted(LAWS)), st.integers(14, 30), st.integers(0, 4))
def test_nor_from_two_months_between_which_owners_came_and_left(
    seed: int, law: str, size: int, leavers: int
) -> None:
    rng = np.random.default_rng(seed)
    traded = trading(rng, law, size)
    before, now = traded[leavers:], traded[: size - int(rng.integers(0, 4))]
    intruder = Intruder(int(rng.choice([unit.owner_id for unit in traded])), seen(before, now))
    assert intruder.learns(DOUBT, smallest=1) == []


@pytest.mark.parametrize("seed", range(3))
def test_without_the_rules_two_months_of_a_drawn_market_tell_values(seed: int) -> None:
    traded = trading(np.random.default_rng(seed), "spread", 22)
    before, now = traded[2:], traded[:-3]
    intruder = Intruder(now[-1].owner_id, [unprotected(before), unprotected(now)])
    assert intruder.learns(DOUBT, smallest=1) != []


@pytest.mark.parametrize("seed", range(3))
def test_without_the_rules_the_same_intruder_finds_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    traded = trading(rng, "spread", 25)
    intruder = Intruder(traded[0].owner_id, [unprotected(traded)])
    assert intruder.learns(DOUBT, smallest=1) != []
    found = [
        key
        for key, (low, high) in intruder.proven().items()
        if high - low <= 0.01 * intruder.values[key]
    ]
    assert found, "beyond doubt, from sums alone"


def test_nobody_sells_less_than_nothing_so_that_a_sum_bounds_its_parts() -> None:
    proven = Intruder(1, [unprotected(units([10.0, 40.0, 60.0]))]).proven()
    for low, high in proven.values():
        assert (low, high) == pytest.approx((0, 100), abs=1e-3)


def test_without_the_rules_two_months_tell_who_came() -> None:
    now = units(np.random.default_rng(1).lognormal(4, 1, 20))
    *before, newcomer = now
    intruder = Intruder(now[0].owner_id, [unprotected(before), unprotected(now)])
    low, high = intruder.proven()[newcomer.owner_id, newcomer.path]
    assert low == pytest.approx(newcomer.value, rel=0.01)
    assert high == pytest.approx(newcomer.value, rel=0.01)
    assert (newcomer.owner_id, newcomer.path) in intruder.learns(DOUBT, smallest=1)


def test_without_the_rules_a_median_between_two_shops_of_its_own_tells_it_the_third() -> None:
    own = [Unit(1, (1, 1, band), value, value) for band, value in ((1, 10.0), (2, 1_000.0))]
    third = Unit(2, (1, 1, 3), 100.0, 100.0)
    said = Statement((1, 1), np.array([0.0, 1.0, 0.0]), third.value - 1e-6, third.value + 1e-6)
    intruder = Intruder(1, [Month([*own, third], [said])])
    assert intruder.learns(DOUBT, smallest=1) == [(2, third.path)]
    assert intruder.possible()[2, third.path] == pytest.approx((100, 100))
    from_below = Intruder(1, [Month([*own, third], [replace(said, high=900.0)])])
    assert from_below.learns(DOUBT, smallest=1) == [(2, third.path)], "it is 100 or more"


@pytest.mark.parametrize(
    ("own", "others"),
    [
        # The lower is at least 10, so no other is above 190, which is close to 170. Were the lower
        # one allowed to be the larger, it might be 200.
        ((10, 10, 1_000, 1_000), (30, 170)),
        # The upper is at most 190, so no other is below 10, which is close to 11.
        ((0, 0, 190, 190), (11, 189)),
    ],
)
def test_without_the_rules_two_values_of_which_a_median_tells_the_mean_are_held_by_their_order(
    own: tuple[float, ...], others: tuple[float, ...]
) -> None:
    """Both lie between shops of the intruder's own; their mean is 100."""
    shops = [Unit(1, (1, 1, band), value, value) for band, value in enumerate(own)]
    targets = [Unit(owner_id, (1, 1, 4), value, value) for owner_id, value in enumerate(others, 2)]
    weights = np.array([0, 0, 0.5, 0.5, 0, 0])
    said = Statement((1, 1), weights, 100 - 1e-6, 100 + 1e-6)
    intruder = Intruder(1, [Month([*shops, *targets], [said])])
    assert intruder.learns(DOUBT, smallest=1) == [(2, (1, 1, 4)), (3, (1, 1, 4))]


def test_a_figure_is_read_as_right_to_half_a_step() -> None:
    [cell, *_] = published(units(np.arange(100.0, 110.0)), 1)
    [median] = statements([replace(cell, mean=None)], units(np.arange(100.0, 110.0)))
    assert (cell.step, median.low, median.high) == (5, 102.5, 107.5)


@settings(max_examples=6)
@given(SEEDS)
def test_what_is_possible_lies_within_what_is_proven(seed: int) -> None:
    traded = trading(np.random.default_rng(seed), "spread", 14)
    intruder = Intruder(traded[0].owner_id, seen(traded))
    proven = intruder.proven()
    for key, (low, high) in intruder.possible().items():
        assert proven[key][0] <= low + 1e-6
        assert high <= proven[key][1] + 1e-6
        assert low - 1e-6 <= intruder.values[key] <= high + 1e-6
