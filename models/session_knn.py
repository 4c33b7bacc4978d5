"""Past baskets that look like the present session vote for what comes next.

Ludewig and Jannach, "Evaluation of session-based recommendation algorithms" (UMUAI 2018), V-SKNN;
the index of each item's most recent sessions after Kersbergen, Sprangers, Schelter, "Serenade"
(SIGMOD 2022), VMIS.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array, diags_array

from models.arrays import Float32, Histories
from models.baskets import Baskets
from models.errors import ParametersInvalid
from models.interactions import Interactions
from models.item_to_item import strongest
from models.recommender import Recommender


@dataclass
class SessionKNN(Recommender):
    """The last `length` events speak, later ones louder, to the `neighbours` most similar sessions.

    Only the `sessions_per_item` most recent sessions of each item are asked.
    """

    recipe: ClassVar[str] = "session_knn"
    neighbours: int = 100
    sessions_per_item: int = 500
    length: int = 20
    sessions: Histories = field(init=False, repr=False)
    by_item: Histories = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if min(self.neighbours, self.sessions_per_item, self.length) < 1:
            raise ParametersInvalid("neighbours, sessions_per_item and length must be at least 1.")

    def read(self, interactions: Interactions) -> Histories:
        """The last `length` events of each shopper, fading linearly with every step back."""
        order = np.lexsort((np.arange(interactions.n_events), interactions.days, interactions.rows))
        rows = interactions.rows[order]
        ends = np.searchsorted(rows, rows, side="right")
        steps = ends - 1 - np.arange(len(rows))
        loud = np.maximum(1 - steps / self.length, 0) * (interactions.weights[order] > 0)
        histories = csr_array(
            (loud.astype(np.float32), (rows, interactions.columns[order])),
            shape=(interactions.n_shoppers, interactions.n_items),
        )
        histories.eliminate_zeros()
        return histories

    def learn(self, interactions: Interactions) -> None:
        contents = Baskets.of(interactions).contents
        n_sessions = contents.shape[0]
        counts = np.bincount(contents.indices, minlength=interactions.n_items)
        rarity = np.log(max(n_sessions, 1) / np.maximum(counts, 1)) + 1
        self.sessions = csr_array(contents @ diags_array(rarity.astype(np.float32)))
        recency = np.arange(1, n_sessions + 1, dtype=np.float32)
        self.by_item = strongest(
            csr_array(diags_array(recency) @ contents).T.tocsr(), self.sessions_per_item
        )
        self.by_item.data[:] = 1

    def score_histories(self, histories: Histories) -> Float32:
        alike = strongest(csr_array(histories @ self.by_item), self.neighbours)
        scores: Float32 = (alike @ self.sessions).toarray()
        return scores
