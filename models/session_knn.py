"""Past baskets that look like the present session vote for what comes next.

Ludewig and Jannach, "Evaluation of session-based recommendation algorithms" (UMUAI 2018), V-SKNN;
the index of each item's most recent sessions after Kersbergen, Sprangers, Schelter, "Serenade"
(SIGMOD 2022), VMIS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array, diags_array

from models.arrays import AnyArray, Float32, Histories, Int64
from models.baskets import Baskets
from models.errors import ParametersInvalid
from models.interactions import Interactions
from models.item_to_item import largest, strongest
from models.recommender import Recommender


@dataclass(frozen=True)
class SessionIndex:
    """The read side: past sessions, and each item's most recent ones.

    sessions  `(n_sessions, n_items)`, the rarity of what each held
    by_item  `(n_items, n_sessions)` ones
    """

    sessions: Histories
    by_item: Histories
    neighbours: int

    def scores(self, columns: Int64, weights: Float32) -> Float32:
        """`(n_items,)` for one session, its events with how loud each speaks."""
        near, alike = self._nearest(columns, weights)
        scores = np.zeros(self.sessions.shape[1], np.float32)
        for session, likeness in zip(near, alike, strict=True):
            begin, end = self.sessions.indptr[session : session + 2]
            scores[self.sessions.indices[begin:end]] += likeness * self.sessions.data[begin:end]
        return scores

    def contributions(self, columns: Int64, weights: Float32, targets: Int64) -> Float32:
        """`(len(targets), len(columns))`: what each event adds to each target's score."""
        near, _ = self._nearest(columns, weights)
        voting = (self.by_item[columns][:, near]).multiply(weights[:, None]).tocsr()
        parts: Float32 = (voting @ self.sessions[near][:, targets]).toarray().T
        return parts.astype(np.float32)

    def _nearest(self, columns: Int64, weights: Float32) -> tuple[Int64, Float32]:
        """The most similar sessions in ascending order, and how alike each is."""
        starts, ends = self.by_item.indptr[columns], self.by_item.indptr[columns + 1]
        asked = [self.by_item.indices[b:e] for b, e in zip(starts, ends, strict=True)]
        if not asked:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        sessions, place = np.unique(np.concatenate(asked), return_inverse=True)
        spoken = np.repeat(weights, ends - starts)
        alike = np.bincount(place, spoken, len(sessions)).astype(np.float32)
        kept = largest(alike, self.neighbours)
        return sessions[kept].astype(np.int64), alike[kept]


@dataclass
class SessionKNN(Recommender):
    """The last `length` items speak, later ones louder, to the `neighbours` most similar sessions.

    Only the `sessions_per_item` most recent sessions of each item are asked.
    """

    recipe: ClassVar[str] = "session_knn"
    neighbours: int = 100
    sessions_per_item: int = 500
    length: int = 20
    index: SessionIndex = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if min(self.neighbours, self.sessions_per_item, self.length) < 1:
            raise ParametersInvalid("neighbours, sessions_per_item and length must be at least 1.")

    def read(self, interactions: Interactions) -> Histories:
        """The last `length` items of each shopper, fading linearly with every step back."""
        counted = interactions.where(interactions.weights > 0)
        order = np.lexsort((np.arange(counted.n_events), counted.days, counted.rows))[::-1]
        keys = counted.rows[order].astype(np.int64) * counted.n_items + counted.columns[order]
        # The first of each pair, seen backwards, is its last event: where V-SKNN counts it.
        latest = np.sort(np.unique(keys, return_index=True)[1])
        rows = counted.rows[order][latest]
        steps = np.arange(len(rows)) - np.searchsorted(-rows, -rows)
        kept = steps < self.length
        where = (rows[kept], counted.columns[order][latest][kept])
        shape = (interactions.n_shoppers, interactions.n_items)
        histories: Histories = csr_array((faded(steps[kept], self.length), where), shape=shape)
        return histories

    def learn(self, interactions: Interactions) -> None:
        contents = Baskets.of(interactions).contents
        n_sessions = contents.shape[0]
        counts = np.bincount(contents.indices, minlength=interactions.n_items)
        rarity = np.log(max(n_sessions, 1) / np.maximum(counts, 1)) + 1
        sessions = csr_array(contents @ diags_array(rarity.astype(np.float32)))
        recency = np.arange(1, n_sessions + 1, dtype=np.float32)
        by_item = strongest(
            csr_array(diags_array(recency) @ contents).T.tocsr(), self.sessions_per_item
        )
        by_item.data[:] = 1
        self.index = SessionIndex(sessions, by_item, self.neighbours)

    def score_histories(self, histories: Histories) -> Float32:
        alike = strongest(csr_array(histories @ self.index.by_item), self.neighbours)
        scores: Float32 = (alike @ self.index.sessions).toarray()
        return scores

    def arrays(self) -> Mapping[str, AnyArray]:
        sessions, by_item = self.index.sessions, self.index.by_item
        return {
            "popularity": self.popularity,
            "sessions_indptr": sessions.indptr.astype(np.int64),
            "sessions_indices": sessions.indices.astype(np.int32),
            "sessions_data": sessions.data,
            "by_item_indptr": by_item.indptr.astype(np.int64),
            "by_item_indices": by_item.indices.astype(np.int32),
            "session_shape": np.array([self.neighbours, self.length, sessions.shape[0]]),
        }


def faded(steps: Int64, length: int) -> Float32:
    """How loud an event so many steps back speaks."""
    loud: Float32 = np.maximum(1 - steps / length, 0).astype(np.float32)
    return loud
