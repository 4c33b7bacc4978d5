"""What a month published, as an intruder reads it: linear statements about values by their rank.

Quantiles weigh a cell's order statistics. Means are of values winsorised over the whole market: in
a given order they too are linear, since the points at which values are cut off lie between two
order statistics.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from warehouse.benchmarks.cells import Cell
from warehouse.benchmarks.cohorts import Path, upwards
from warehouse.benchmarks.disclosure import Unit, Units
from warehouse.benchmarks.statistics import Floats, quantile_weights, winsor_edges, winsor_weights

Key = tuple[int, Path]


@dataclass(frozen=True)
class Statement:
    """A published figure: the order statistics of a cell, so weighted, lie between low and high."""

    path: Path
    weights: Floats
    low: float
    high: float

    @property
    def is_mean(self) -> bool:
        return bool(np.ptp(self.weights) == 0)


class Window(NamedTuple):
    """From rank `first` to `last` of the units at `places`, lowest value first."""

    places: Sequence[int]
    first: int
    last: int


def statements(cells: Sequence[Cell], units: Units) -> Iterator[Statement]:
    """Read published cells as the intruder does: each figure is right to half a step."""
    for cell in cells:
        count = sum(cell.path in upwards(unit.path) for unit in units)
        for quantile, figure in (
            (0.25, cell.lower_quartile),
            (0.5, cell.median),
            (0.75, cell.upper_quartile),
        ):
            if figure is not None:
                yield _within(cell, quantile_weights(count, quantile), figure)
        if cell.mean is not None:
            yield _within(cell, np.full(count, 1 / count), cell.mean)


def _within(cell: Cell, weights: Floats, figure: float) -> Statement:
    return Statement(cell.path, weights, figure - cell.step / 2, figure + cell.step / 2)


@dataclass(frozen=True)
class Month:
    """What one month published about `units`."""

    units: Units
    statements: Sequence[Statement]

    @cached_property
    def keys(self) -> dict[Key, Unit]:
        """Each unit by its owner and its cohort."""
        return {(unit.owner_id, unit.path): unit for unit in self.units}

    @cached_property
    def cells(self) -> frozenset[Path]:
        return frozenset(statement.path for statement in self.statements)

    @cached_property
    def is_winsorised(self) -> bool:
        """Whether means are of other values than quantiles are."""
        return any(unit.capped != unit.value for unit in self.units)

    def members(self, path: Path, order: Sequence[Key]) -> list[int]:
        """Where the cell's units stand in an order of all units."""
        return [
            place
            for place, key in enumerate(order)
            if key in self.keys and path in upwards(self.keys[key].path)
        ]

    def row(self, statement: Statement, order: Sequence[Key]) -> Floats:
        """`(len(order),)`: the weights with which the statement adds up values in this order."""
        row = np.zeros(len(order))
        places = self.members(statement.path, order)
        if statement.is_mean and self.is_winsorised:
            everyone = self.members((), order)
            rank = {place: number for number, place in enumerate(everyone)}
            shares = winsor_weights(len(everyone))
            row[everyone] = shares[[rank[place] for place in places]].mean(axis=0)
        else:
            row[places] = statement.weights
        return row

    def windows(self, statement: Statement, order: Sequence[Key]) -> Iterator[Window]:
        """The stretches of an order that the statement weighs by rank: they have to rise."""
        if statement.is_mean:
            everyone = self.members((), order)
            edges = winsor_edges(len(everyone)) if self.is_winsorised else ()
            yield from (Window(everyone, first, first + 1) for first in edges)
        else:
            weighed = np.flatnonzero(statement.weights)
            places = self.members(statement.path, order)
            yield Window(places, int(weighed[0]), int(weighed[-1]))
