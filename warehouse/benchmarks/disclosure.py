"""What may be published: the rules of statistical disclosure control, on sets of owners.

Hundepool et al., *Statistical Disclosure Control* (2012), chapter 4, and the τ-ARGUS manual for the
p % rule, the (n, k) rules and secondary suppression. An intruder is an owner with all its shops.

Published cells are paths of one tree: any two are disjoint, or one lies inside the other. What
their sums and counts tell is therefore exactly what they tell of each cell's *rest*: the cell less
the published cells inside it. Every other difference of cells is a union of rests. So the rules are
asked of rests, and of what changed in each rest since an earlier month; a cell whose rests are safe
is safe.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from warehouse.benchmarks.cohorts import Path, upwards

OWNERS_FOR_MEDIAN = 10
OWNERS_FOR_QUARTILES = 20
OWNERS_CHANGED = 3
P_PERCENT = 15
PRIOR_PERCENT = 25
LARGEST_PERCENT = 50
TWO_LARGEST_PERCENT = 80


class Unit(NamedTuple):
    """What one owner contributes to a cohort: the pooled value of its shops there.

    capped: the same, winsorised over the whole marketplace, as it enters means.
    """

    owner_id: int
    path: Path
    value: float
    capped: float


Units = Sequence[Unit]
Cells = Mapping[Path, Units]


@dataclass(frozen=True)
class Earlier:
    """A month published before: its cells, and those shown of them."""

    cells: Cells
    shown: frozenset[Path]


IsSafe = Callable[[Units], bool]


def cells_of(units: Units) -> dict[Path, list[Unit]]:
    """Every cell that holds a unit, from the cohorts up to the whole marketplace."""
    cells = defaultdict(list)
    for unit in units:
        for path in upwards(unit.path):
            cells[path].append(unit)
    return dict(cells)


def rest(path: Path, cells: Cells, shown: Collection[Path]) -> list[Unit]:
    """The units of a cell that lie in no shown cell inside it."""
    return [
        unit
        for unit in cells[path]
        if not any(
            unit.path[:length] in shown for length in range(len(path) + 1, len(unit.path) + 1)
        )
    ]


def owners(units: Iterable[Unit]) -> set[int]:
    return {unit.owner_id for unit in units}


def has_enough_owners(units: Units) -> bool:
    return len(owners(units)) >= OWNERS_FOR_MEDIAN


def is_hidden_change(units: Units) -> bool:
    """Whether enough owners came or left for none of them to stand out."""
    return len(owners(units)) >= OWNERS_CHANGED


def is_undominated(units: Units) -> bool:
    """The p % rule and the (1, 50) and (2, 80) rules, on each owner's sum of values ≥ 0.

    The second largest, knowing the sum, must not learn the largest to within 15 %, even where it
    knows the others to within a quarter of what the quartiles leave open (a prior-posterior rule).
    """
    sums: dict[int, float] = defaultdict(float)
    for unit in units:
        sums[unit.owner_id] += unit.capped
    rising = sorted(sums.values())
    second, first = [0.0, *rising][-2:]
    total = sum(rising)
    floors = (0.0, *np.quantile(rising, (0.25, 0.5, 0.75)))
    open_to_doubt = sum(
        max(value - floors[4 * rank // len(rising)], 0)
        for rank, value in enumerate(rising[:-2], start=1)
    )
    return bool(
        open_to_doubt * PRIOR_PERCENT >= first * P_PERCENT
        and first <= total * LARGEST_PERCENT / 100
        and first + second <= total * TWO_LARGEST_PERCENT / 100
    )


def changed(now: Units, before: Units) -> list[Unit]:
    """The units of owners who are in one of the two only."""
    stayed = owners(now) & owners(before)
    return [unit for unit in (*now, *before) if unit.owner_id not in stayed]


def shown(
    cells: Cells, is_safe: IsSafe, is_safe_change: IsSafe, earlier: Sequence[Earlier] = ()
) -> frozenset[Path]:
    """The cells of `cells` that may be shown together, given what `earlier` months showed.

    From the finest up. Where a cell's rest is not safe, the smallest shown cells inside it are
    suppressed too, which adds to the rest, until it is; where that does not help, the cell itself.
    """
    kept: frozenset[Path] = frozenset()
    for path in sorted(cells, key=lambda path: (-len(path), path)):
        fewer = kept | {path}
        while not _is_safe_in(path, cells, fewer, is_safe, is_safe_change, earlier):
            inside = _inside(path, fewer)
            if not inside:
                fewer = kept
                break
            fewer -= {min(inside, key=lambda cell: (len(owners(cells[cell])), cell))}
        kept = fewer
    return kept


def _inside(path: Path, kept: Iterable[Path]) -> list[Path]:
    """The shown cells inside a cell, outermost only."""
    within = {cell for cell in kept if len(cell) > len(path) and cell[: len(path)] == path}
    return [cell for cell in within if within.isdisjoint(list(upwards(cell))[1:])]


def _is_safe_in(
    path: Path,
    cells: Cells,
    kept: frozenset[Path],
    is_safe: IsSafe,
    is_safe_change: IsSafe,
    earlier: Sequence[Earlier],
) -> bool:
    own = rest(path, cells, kept)
    if own and not is_safe(own):
        return False
    for month in earlier:
        if path not in month.shown:
            continue
        common = kept & month.shown
        difference = changed(rest(path, cells, common), rest(path, month.cells, common))
        if difference and not is_safe_change(difference):
            return False
    return True
