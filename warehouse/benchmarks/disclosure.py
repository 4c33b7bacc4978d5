"""What may be published: the rules of statistical disclosure control, on sets of owners.

Hundepool et al., *Statistical Disclosure Control* (2012), chapter 4, and the τ-ARGUS manual for the
p % rule, the (n, k) rules and secondary suppression. An intruder is an owner with all its shops.

Published cells are paths of one tree: any two are disjoint, or one lies inside the other. What
their sums and counts tell is therefore exactly what they tell of each cell's *rest*: the cell less
the published cells inside it. Every other difference of cells is a union of rests. So the rules are
asked of rests, of what changed in each rest since an earlier month, and of the rests that a cell of
one month leaves beside those of the other. A cell that others make up is told as if it were shown.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
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
# A cell by the cohorts that lie in it, and every cell by its path.
Cohorts = Mapping[Path, Units]
Cells = Mapping[Path, Cohorts]


@dataclass(frozen=True)
class Earlier:
    """A month published before: its cells, and those shown of them."""

    cells: Cells
    shown: frozenset[Path]

    @cached_property
    def told(self) -> frozenset[Path]:
        return told(self.cells, self.shown)


IsSafe = Callable[[Units], bool]


def cells_of(units: Units) -> dict[Path, dict[Path, list[Unit]]]:
    """Every cell that holds a unit, from the cohorts up to the whole marketplace."""
    cohorts = defaultdict(list)
    for unit in units:
        cohorts[unit.path].append(unit)
    cells: dict[Path, dict[Path, list[Unit]]] = defaultdict(dict)
    for cohort, inside in cohorts.items():
        for path in upwards(cohort):
            cells[path][cohort] = inside
    return dict(cells)


def members(cohorts: Cohorts) -> list[Unit]:
    return [unit for units in cohorts.values() for unit in units]


def rest(path: Path, cells: Cells, shown: Collection[Path]) -> list[Unit]:
    """The units of a cell that lie in no shown cell inside it."""
    return [
        unit
        for cohort, units in cells[path].items()
        if not any(cohort[:length] in shown for length in range(len(path) + 1, len(cohort) + 1))
        for unit in units
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
    return (
        first <= total * LARGEST_PERCENT / 100
        and first + second <= total * TWO_LARGEST_PERCENT / 100
        and _open_to_doubt(rising) * PRIOR_PERCENT >= first * P_PERCENT
    )


def _open_to_doubt(rising: Sequence[float]) -> float:
    """What the quartiles leave open of all values but the two largest."""
    floors = (0.0, *np.quantile(rising, (0.25, 0.5, 0.75)))
    return sum(
        max(value - float(floors[4 * rank // len(rising)]), 0)
        for rank, value in enumerate(rising[:-2], start=1)
    )


def changed(now: Units, before: Units) -> list[Unit]:
    """The units that came or left, of owners who have more or fewer of them than before.

    Who has as many moved within the cell, and its sum and count stayed what they were.
    """
    many, were = (Counter(unit.owner_id for unit in units) for units in (now, before))
    stayed = {(unit.owner_id, unit.path) for unit in now} & {
        (unit.owner_id, unit.path) for unit in before
    }
    return [
        unit
        for unit in (*now, *before)
        if many[unit.owner_id] != were[unit.owner_id] and (unit.owner_id, unit.path) not in stayed
    ]


def told(cells: Cells, kept: Collection[Path]) -> frozenset[Path]:
    """The cells whose sum and count follow from the shown ones: these, and those made of them."""
    return frozenset(path for path in cells if path in kept or not rest(path, cells, kept))


def shown(
    cells: Cells,
    among: Collection[Path],
    is_safe: IsSafe,
    is_safe_change: IsSafe,
    earlier: Sequence[Earlier] = (),
) -> frozenset[Path]:
    """Those `among` the cells that may be shown together, given what `earlier` months showed.

    From the finest up. Where a cell's rest is not safe, the smallest shown cells inside it are
    suppressed too, which adds to the rest, until it is; where that does not help, the cell itself,
    and then as many cells inside it as must be for its sum not to follow from theirs.
    """
    kept: frozenset[Path] = frozenset()
    inside: dict[Path, dict[Path, Cohorts]] = defaultdict(dict)
    for cell, cohorts in cells.items():
        for path in upwards(cell):
            inside[path][cell] = cohorts
    for path in sorted(cells, key=lambda path: (-len(path), path)):
        within = inside[path]
        is_fine = partial(_is_safe_in, path, within, is_safe, is_safe_change, earlier)
        if path in among:
            fewer = _suppressed(path, within, kept | {path}, is_fine)
            kept = fewer if path in fewer else kept
        kept = _suppressed(path, within, kept, is_fine)
    return kept


def _suppressed(
    path: Path, within: Cells, kept: frozenset[Path], is_fine: Callable[[frozenset[Path]], bool]
) -> frozenset[Path]:
    """What is left of `kept` without the smallest cells inside `path` until it is fine.

    Where nothing inside is left to suppress, the path itself goes.
    """
    while not is_fine(kept):
        inside = kept & within.keys() - {path}
        if not inside:
            return kept - {path}
        outermost = [cell for cell in inside if inside.isdisjoint([*upwards(cell)][1:])]
        kept -= {min(outermost, key=lambda cell: (len(owners(members(within[cell]))), cell))}
    return kept


def _is_safe_in(
    path: Path,
    cells: Cells,
    is_safe: IsSafe,
    is_safe_change: IsSafe,
    earlier: Sequence[Earlier],
    kept: frozenset[Path],
) -> bool:
    now = told(cells, kept)
    if path in now and not _is_empty_or(is_safe, rest(path, cells, now)):
        return False
    for month in earlier:
        if path not in now and path not in month.told:
            continue
        either = now | month.told
        if path in month.told and not _is_empty_or(is_safe, rest(path, month.cells, either)):
            return False
        if path in now and not _is_empty_or(is_safe, rest(path, cells, either)):
            return False
        if path in now & month.told:
            common = _told_in_both(cells, now, month)
            difference = changed(rest(path, cells, common), rest(path, month.cells, common))
            if not _is_empty_or(is_safe_change, difference):
                return False
    return True


def _is_empty_or(is_safe: IsSafe, units: Units) -> bool:
    return not units or is_safe(units)


def _told_in_both(cells: Cells, now: frozenset[Path], month: Earlier) -> frozenset[Path]:
    """That nobody is in a cell is told too."""
    return (now & month.told) | (now - month.cells.keys()) | (month.told - cells.keys())
