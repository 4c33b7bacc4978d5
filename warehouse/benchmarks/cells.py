"""The cells of one metric and month that are published: one statistic for every viewer."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from warehouse.benchmarks import disclosure
from warehouse.benchmarks.cohorts import Path
from warehouse.benchmarks.disclosure import (
    OWNERS_FOR_MEDIAN,
    OWNERS_FOR_QUARTILES,
    Earlier,
    Unit,
    Units,
)
from warehouse.benchmarks.statistics import Floats, rounded, smoothed_quantile, step

# The number of owners is told as the largest of these that it reaches.
OWNER_COUNTS = (OWNERS_FOR_MEDIAN, OWNERS_FOR_QUARTILES, 50, 100, 200, 500, 1_000, 5_000)


@dataclass(frozen=True)
class Cell:
    """One published cell, in the metric's unit; each figure is a multiple of `step`."""

    path: Path
    owners_at_least: int
    step: float
    median: float
    lower_quartile: float | None
    upper_quartile: float | None
    mean: float | None


@dataclass(frozen=True)
class Shown:
    """A month as it was published: its units, the cells with quantiles, and those with a mean."""

    units: Units
    cells: frozenset[Path]
    means: frozenset[Path]

    @classmethod
    def of(cls, units: Units, cells: Sequence[Cell]) -> Self:
        return cls(
            units,
            frozenset(cell.path for cell in cells),
            frozenset(cell.path for cell in cells if cell.mean is not None),
        )


def published(units: Units, smallest_step: float, earlier: Sequence[Shown] = ()) -> list[Cell]:
    """The cells of `units` that may be shown beside what `earlier` months showed."""
    cells = disclosure.cells_of(units)
    before = [disclosure.cells_of(month.units) for month in earlier]
    shown = disclosure.shown(
        cells,
        cells,
        disclosure.has_enough_owners,
        disclosure.is_hidden_change,
        [Earlier(was, month.cells) for was, month in zip(before, earlier, strict=True)],
    )
    means = disclosure.shown(
        cells,
        shown,
        disclosure.is_undominated,
        lambda change: disclosure.is_hidden_change(change) and disclosure.is_undominated(change),
        [Earlier(was, month.means) for was, month in zip(before, earlier, strict=True)],
    )
    return [
        _cell(path, disclosure.members(cells[path]), smallest_step, path in means)
        for path in sorted(shown)
    ]


def _cell(path: Path, units: Sequence[Unit], smallest_step: float, has_mean: bool) -> Cell:
    values = np.array([unit.value for unit in units])
    owners = len(disclosure.owners(units))
    median = smoothed_quantile(values, 0.5)
    size = step(median, smallest_step)
    lower, upper = _quartiles(values, size) if owners >= OWNERS_FOR_QUARTILES else (None, None)
    mean = float(np.mean([unit.capped for unit in units])) if has_mean else None
    return Cell(
        path=path,
        owners_at_least=OWNER_COUNTS[bisect_right(OWNER_COUNTS, owners) - 1],
        step=size,
        median=rounded(median, size),
        lower_quartile=lower,
        upper_quartile=upper,
        mean=None if mean is None else rounded(mean, size),
    )


def _quartiles(values: Floats, size: float) -> tuple[float, float]:
    return (
        rounded(smoothed_quantile(values, 0.25), size),
        rounded(smoothed_quantile(values, 0.75), size),
    )
