"""The read side of every recipe that can be served: one history in, all scores and reasons out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from models.arrays import AnyArray, Float32, Int64, Mask
from models.candidates import OWN
from models.category_popularity import CategoryShares
from models.factor_space import FactorSpace, Ridge
from models.history import History, Seen
from models.item_to_item import ItemWeights
from models.ordering import Ordering, carrying, part_of
from models.session_knn import SessionIndex, faded

Arrays: TypeAlias = Mapping[str, AnyArray]


class Scorer(Protocol):
    """What was learned, in the form that answers one history of events with their weights."""

    def scores(self, columns: Int64, weights: Float32) -> Float32:
        """`(n_items,)`."""
        ...

    def contributions(self, columns: Int64, weights: Float32, targets: Int64) -> Float32:
        """`(len(targets), len(columns))`: each event's part in each target's score."""
        ...


class Heard(NamedTuple):
    """An answer: `scores` `(n_items,)`, and what each event of the history adds to a target's.

    `contributions` of targets are `(len(targets), len(history.columns))`.
    """

    scores: Float32
    contributions: Callable[[Int64], Float32]


class Answering(Protocol):
    """A recipe that listens to one shopper's history."""

    @property
    def first(self) -> "Alone":
        """The model that orders what nothing else is known of."""
        ...

    def hear(self, history: History, moment: float, allowed: Mask) -> Heard:
        """At a moment in days since 1970; `allowed` `(n_items,)` may be recommended."""
        ...


@dataclass(frozen=True)
class Alone:
    """A single model; `length` where it hears only so many items of the latest."""

    scorer: Scorer
    length: int | None = None

    @property
    def first(self) -> "Alone":
        return self

    def hear(self, history: History, moment: float, allowed: Mask) -> Heard:
        at, weights = self._read(history)
        columns = history.columns[at]

        def contributions(targets: Int64) -> Float32:
            parts = np.zeros((len(targets), len(history.columns)), np.float32)
            parts[:, at] = self.scorer.contributions(columns, weights, targets)
            return parts

        return Heard(self.scorer.scores(columns, weights), contributions)

    def _read(self, history: History) -> tuple[Int64, Float32]:
        """Places in the history, and the weight with which each is heard."""
        if self.length is None:
            return np.arange(len(history.columns)), history.weights
        latest = np.argsort(history.last_on, kind="stable")[::-1][: self.length]
        return latest, faded(np.arange(len(latest)), self.length)


@dataclass(frozen=True)
class Together:
    """A ranker over several models, in the order in which it was taught."""

    sources: Sequence[Alone]
    ordering: Ordering

    @property
    def first(self) -> Alone:
        return self.sources[0]

    def hear(self, history: History, moment: float, allowed: Mask) -> Heard:
        heard = [source.hear(history, moment, allowed) for source in self.sources]
        scores = [one.scores[None] for one in heard]
        seen = Seen.one(history, moment, len(allowed))
        chosen = self.ordering.drawn(scores, seen, allowed)

        def contributions(targets: Int64) -> Float32:
            """Of the source that carried each target into the list, exactly."""
            parts = np.zeros((len(targets), len(history.columns)), np.float32)
            carried_by = carrying(chosen, targets)
            own = np.flatnonzero(carried_by == OWN)
            parts[own, np.searchsorted(history.columns, targets[own])] = 1
            for source, one in enumerate(heard, start=OWN + 1):
                mine = carried_by == source
                if mine.any():
                    parts[mine] = one.contributions(targets[mine])
            return parts

        return Heard(self.ordering.scores(chosen, scores, seen)[0], contributions)


def answering(arrays: Arrays) -> Answering | None:
    """From an artifact's arrays; None where popularity answers everyone. Raises KeyError."""
    if "candidates" in arrays:
        told = {name: part_of(arrays, name) for name in READERS}
        sources = [READERS[name](part) for name, part in told.items() if part]
        return Together(sources, Ordering.from_arrays(arrays))
    kinds = {"item_factors": "content_ials", "weights_data": "rp3beta"}
    kinds |= {"sessions_data": "session_knn", "categories": "category_popularity"}
    found = [READERS[reader] for array, reader in kinds.items() if array in arrays]
    return found[0](arrays) if found else None


def nobody(targets: Int64) -> Float32:
    """No event adds anything."""
    return np.zeros((len(targets), 0), np.float32)


def _factors(arrays: Arrays) -> Alone:
    ridge = Ridge(*arrays["ridge"].tolist())
    return Alone(FactorSpace(arrays["item_factors"], arrays["spectrum"], ridge))


def _item_weights(arrays: Arrays) -> Alone:
    n_items = len(arrays["popularity"])
    return Alone(ItemWeights(_sparse(arrays, "weights", (n_items, n_items)), arrays["popularity"]))


def _sessions(arrays: Arrays) -> Alone:
    neighbours, length, n_sessions = arrays["session_shape"].tolist()
    n_items = len(arrays["popularity"])
    ones = np.ones(len(arrays["by_item_indices"]), np.float32)
    index = SessionIndex(
        _sparse(arrays, "sessions", (n_sessions, n_items)),
        _sparse({**arrays, "by_item_data": ones}, "by_item", (n_items, n_sessions)),
        neighbours,
    )
    return Alone(index, length)


def _categories(arrays: Arrays) -> Alone:
    return Alone(CategoryShares(arrays["popularity"], arrays["categories"]))


def _sparse(arrays: Arrays, name: str, shape: tuple[int, int]) -> csr_array:
    parts = tuple(arrays[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return csr_array(parts, shape=shape)


READERS: Mapping[str, Callable[[Arrays], Alone]] = {
    "content_ials": _factors,
    "rp3beta": _item_weights,
    "session_knn": _sessions,
    "category_popularity": _categories,
}
"""By recipe, in the order of a ranker's sources."""
