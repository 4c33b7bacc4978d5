"""The attack that publication is held against: what an owner can infer of another's value.

The intruder is an owner with all its shops. It knows its own values, who is in which cohort, the
exact number of owners, every published figure with its step, that no value is negative, and that
none changed from month to month. Once all values stand in some order, each published figure is a
linear inequality, and a linear program gives the range of a target (the audit of τ-ARGUS; Fischetti
and Salazar, *Solving the cell suppression problem on tabular data with linear constraints*,
Management Science 47, 2001).

Which order the values have the intruder does not know. So two answers enclose the true interval:
`possible` tries some orders, each a world that contradicts nothing, and is never too wide; `proven`
uses sums alone, which hold in any order, and is never too narrow. `learns` looks further than
`possible`: where two equal values hold a target back, it lets them change places and goes on from
there. Owners who lie in the same shown cells in every month can be exchanged without any figure
changing, so a target may be any of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

import numpy as np
from scipy.optimize import linprog

from warehouse.benchmarks.cohorts import Path, upwards
from warehouse.benchmarks.sightings import Key, Month, Statement
from warehouse.benchmarks.statistics import Floats

Seen = tuple[tuple[Path, ...] | None, ...]

TOLERANCE = 1e-9
UNBOUNDED = 3
EXCHANGES = 50
STEPS_AT_MOST = 400


@dataclass(frozen=True)
class Intruder:
    """One owner, and all that it can read."""

    owner_id: int
    months: Sequence[Month]

    @cached_property
    def values(self) -> dict[Key, float]:
        """The truth, of which the intruder is told its own part and the order of the others'."""
        return {key: unit.value for month in self.months for key, unit in month.keys.items()}

    @cached_property
    def others(self) -> list[Key]:
        """Everyone else, lowest value first."""
        return sorted(
            (key for key in self.values if key[0] != self.owner_id), key=self.values.__getitem__
        )

    @cached_property
    def own(self) -> list[Key]:
        return sorted(self.values.keys() - set(self.others), key=self.values.__getitem__)

    def proven(self) -> dict[Key, tuple[float, float]]:
        """For every other unit, bounds that hold for certain."""
        order = [*self.others, *self.own]
        sums = [
            (month, statement)
            for month in self.months
            for statement in month.statements
            if statement.is_mean and not month.is_winsorised
        ]
        A, b = self._stated(order, sums)
        return {
            key: (self._program(key, order, 1, A, b)[0], self._program(key, order, -1, A, b)[0])
            for key in self.others
        }

    def possible(self) -> dict[Key, tuple[float, float]]:
        """For every other unit, the least and the greatest value found that it may have."""
        found: dict[Key, tuple[float, float]] = {}
        for alike in self._alike():
            interval = min(self._ends(alike, 1)), max(self._ends(alike[::-1], -1))
            found |= dict.fromkeys(alike, interval)
        return found

    def learns(self, share: float, smallest: float) -> list[Key]:
        """Units whose value it may know from below or above to within `share`, or `smallest`."""
        learnt = []
        for alike in self._alike():
            low, high = self.values[alike[0]], self.values[alike[-1]]
            wanted_low = max(low - max(low * share, smallest), 0.0)
            wanted_high = high + max(high * share, smallest)
            if not (
                self._reaches(alike, 1, wanted_low) and self._reaches(alike[::-1], -1, wanted_high)
            ):
                learnt += alike
        return learnt

    def _reaches(self, alike: Sequence[Key], sign: int, wanted: float) -> bool:
        """Whether the first of `alike` may be as low (sign 1) or as high (−1) as wanted."""
        ends = chain(self._ends(alike, sign), self._further_ends(alike, sign))
        return any(sign * end <= sign * wanted + TOLERANCE for end in ends)

    def _alike(self) -> list[list[Key]]:
        """The others, lowest value first, in groups that may be taken for one another."""
        groups: dict[Seen, list[Key]] = {}
        for key in self.others:
            groups.setdefault(self._seen_in(key), []).append(key)
        return list(groups.values())

    def _ends(self, alike: Sequence[Key], sign: int) -> Iterator[float]:
        """The least (sign 1) or greatest (−1) value of the first of `alike`, order by order."""
        for order in self._orders(alike, 0 if sign == 1 else -1):
            yield self._extreme(alike[0], order, sign)[0]

    def _further_ends(self, alike: Sequence[Key], sign: int) -> Iterator[float]:
        """The same from more orders, each followed by those that a descent leads to."""
        key = alike[0]
        orders = chain(self._orders(alike, 0 if sign == 1 else -1), self._displaced(key))
        for order in orders:
            yield from self._descent(key, order, sign)

    def _descent(self, key: Key, order: Sequence[Key], sign: int) -> Iterator[float]:
        """The extreme in an order, then in ever others that exchange what held it back.

        Two values that the program made equal may stand either way: what was found stays possible,
        so no step is a step back.
        """
        reached, held_by = self._extreme(key, order, sign)
        yield reached
        tried = {tuple(order)}
        while held_by and len(tried) < STEPS_AT_MOST:
            other = _exchanged(order, held_by.pop())
            if tuple(other) in tried:
                continue
            tried.add(tuple(other))
            end, holding = self._extreme(key, other, sign)
            if sign * end <= sign * reached + TOLERANCE:
                order, reached, held_by = other, end, holding
                yield end

    def _orders(self, alike: Sequence[Key], end: int) -> Iterator[list[Key]]:
        """Some ways in which all values may be ordered: with the first of `alike` at this end, and
        with one that makes up for it at the other end."""
        key = alike[0]
        true = sorted(self.values, key=self.values.__getitem__)
        for partner in dict.fromkeys([*alike[-2:], *alike[1:3]]):
            if partner != key:
                yield _moved(_moved(true, key, end), partner, -1 - end)
        count = len(self.others)
        places = (0, 1, count // 4, count // 2, count * 3 // 4, count - 1, count)
        for order in (true, *([*self.others[:at], *self.own, *self.others[at:]] for at in places)):
            yield _moved(order, key, end)
            yield order
        yield from (_moved(order, key, end) for order in self._shuffled(true))

    def _displaced(self, key: Key) -> Iterator[list[Key]]:
        """The true order with the key in any other's place, and anywhere between them."""
        true = sorted(self.values, key=self.values.__getitem__)
        at = true.index(key)
        others = [place for place in range(len(true)) if place != at]
        yield from (_exchanged(true, (at, place)) for place in others)
        yield from (_moved(true, key, place) for place in others)
        yield from self._shuffled(true)

    def _shuffled(self, order: Sequence[Key]) -> Iterator[list[Key]]:
        """The order with one to three pairs of others exchanged, the same ones in every run."""
        chance = np.random.default_rng(EXCHANGES)
        theirs = [place for place, key in enumerate(order) if key[0] != self.owner_id]
        for pairs in chance.integers(1, 4, EXCHANGES if len(theirs) > 1 else 0):
            other = list(order)
            for _ in range(pairs):
                other = _exchanged(other, chance.choice(theirs, 2, replace=False).tolist())
            yield other

    def _seen_in(self, key: Key) -> Seen:
        """The shown cells that a unit lies in, month by month."""
        return tuple(
            tuple(path for path in upwards(month.keys[key].path) if path in month.cells)
            if key in month.keys
            else None
            for month in self.months
        )

    def _extreme(
        self, key: Key, order: Sequence[Key], sign: int
    ) -> tuple[float, list[tuple[int, int]]]:
        """The least (sign 1) or greatest (−1) value of `key` if the values have this order.

        With it the pairs of places whose values hold it back, those that do so most last. An order
        that contradicts what is published bounds nothing: its answer is never the extreme.
        """
        everything = [(month, said) for month in self.months for said in month.statements]
        pairs = self._rising(order, everything)
        rising = np.zeros((len(pairs), len(order)))
        for row, (lower, upper) in zip(rising, pairs, strict=True):
            row[lower], row[upper] = 1, -1
        A, b = self._stated(order, everything)
        end, prices = self._program(
            key,
            order,
            sign,
            np.concatenate([rising, A]),
            np.concatenate([np.zeros(len(rising)), b]),
        )
        weights = np.abs(prices[: len(pairs)])
        return end, [pairs[row] for row in np.argsort(weights) if weights[row] > TOLERANCE]

    def _rising(
        self, order: Sequence[Key], said: Sequence[tuple[Month, Statement]]
    ) -> list[tuple[int, int]]:
        """Where the values that a quantile weighs rise, between those below and above: the places
        of a value and of one that is no less."""
        pairs: dict[tuple[int, int], None] = {}
        for month, statement in said:
            for places, first, last in month.windows(statement, order):
                window = places[first : last + 1]
                pairs |= dict.fromkeys(pairwise(window))
                pairs |= dict.fromkeys((below, window[0]) for below in places[:first])
                pairs |= dict.fromkeys((window[-1], above) for above in places[last + 1 :])
        return list(pairs)

    def _program(
        self, key: Key, order: Sequence[Key], sign: int, A: Floats, b: Floats
    ) -> tuple[float, Floats]:
        """The extreme of `key` under A x ≤ b, and each row's shadow price."""
        aim = np.zeros(len(order))
        aim[order.index(key)] = sign
        known = [self.values[other] if other[0] == self.owner_id else None for other in order]
        bounds = [(0.0 if value is None else value, value) for value in known]
        answer = linprog(aim, A, b, bounds=bounds)
        if answer.status == UNBOUNDED:
            return -sign * np.inf, np.zeros(len(b))
        if answer.fun is None:
            return sign * np.inf, np.zeros(len(b))
        return sign * answer.fun, answer.ineqlin.marginals

    def _stated(
        self, order: Sequence[Key], said: Sequence[tuple[Month, Statement]]
    ) -> tuple[Floats, Floats]:
        """A x ≤ b over the values in this order: each statement's upper end, then its lower."""
        A = np.array([month.row(statement, order) for month, statement in said])
        A = A.reshape(len(said), len(order))
        highs = np.array([statement.high for _, statement in said])
        lows = np.array([statement.low for _, statement in said])
        return np.concatenate([A, -A]), np.concatenate([highs, -lows])


def _exchanged(order: Sequence[Key], places: Sequence[int]) -> list[Key]:
    one, two = places
    other = list(order)
    other[one], other[two] = other[two], other[one]
    return other


def _moved(order: Sequence[Key], key: Key, place: int) -> list[Key]:
    """The order with the key at a place; −1 is behind all others."""
    others = [other for other in order if other != key]
    others.insert(len(others) if place == -1 else place, key)
    return others
