"""Sources' scores to one list: candidates, their features, and the forest that weighs them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from models.arrays import AnyArray, Float32, Int64, Mask
from models.candidates import Candidates, drawn
from models.features import ItemFacts, features
from models.forest import Forest
from models.history import Seen

BELOW_CANDIDATES = 1.0


@dataclass(frozen=True)
class Ordering:
    """How a ranker orders; without a forest, as its first source does."""

    facts: ItemFacts
    forest: Forest | None
    each: int

    def drawn(self, scores: Sequence[Float32], seen: Seen, allowed: Mask | None) -> Candidates:
        """The candidates of the sources' `scores`, `(n, n_items)` each."""
        return drawn(scores, seen, self.facts.fresh, allowed, self.each)

    def scores(self, chosen: Candidates, scores: Sequence[Float32], seen: Seen) -> Float32:
        """`(n, n_items)`: what is no candidate comes after all that are, by the first source."""
        if self.forest is None:
            return scores[0]
        judged = self.forest.predict(features(chosen, scores, seen, self.facts))
        least = np.full(len(scores[0]), 0.0, np.float32)
        np.minimum.at(least, chosen.rows, judged)
        first = scores[0]
        spread = np.maximum(np.ptp(first, axis=1), np.finfo(np.float32).tiny)[:, None]
        below = (first - first.max(axis=1, keepdims=True)) / spread
        ordered: Float32 = least[:, None] - BELOW_CANDIDATES + below
        ordered[chosen.rows, chosen.items] = judged
        return ordered

    def arrays(self) -> dict[str, AnyArray]:
        """For an artifact."""
        kept = {f"facts.{name}": array for name, array in self.facts.arrays().items()}
        trees = {} if self.forest is None else self.forest.arrays()
        return {
            **kept,
            **{f"forest.{name}": array for name, array in trees.items()},
            "candidates": np.array([self.each]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> Self:
        """As `arrays` gave them."""
        trees = part_of(arrays, "forest")
        return cls(
            ItemFacts.from_arrays(part_of(arrays, "facts")),
            Forest.from_arrays(trees) if trees else None,
            int(arrays["candidates"][0]),
        )


def carrying(chosen: Candidates, targets: Int64) -> Int64:
    """`(len(targets),)`: for one shopper, the source that placed each target highest; -1 for none.

    Of equals the earlier source.
    """
    at = np.minimum(np.searchsorted(chosen.items, targets), max(len(chosen.items) - 1, 0))
    is_chosen = chosen.items[at] == targets if len(chosen.items) else at < 0
    places = chosen.places[at] if len(chosen.items) else np.zeros((len(targets), 1), np.float32)
    is_placed = is_chosen & (places.max(axis=1) > 0)
    return np.where(is_placed, places.argmax(axis=1), -1)


def part_of(arrays: Mapping[str, AnyArray], name: str) -> dict[str, AnyArray]:
    """The arrays stored under `name.`, by what follows."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): arrays[key] for key in arrays if key.startswith(prefix)}
