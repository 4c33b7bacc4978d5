"""What each kind of behaviour says about taste."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from models.baskets import visits
from models.interactions import Interactions

EVENT_WEIGHTS: Mapping[str, float] = {"purchase": 1.0, "cart": 0.5, "view": 0.2, "click": 0.1}
"""Weight of one event in training. Other types, such as an impression, say nothing of taste."""


def from_behaviour(
    shopper_pseudonyms: npt.ArrayLike,
    product_ids: npt.ArrayLike,
    types: npt.ArrayLike,
    occurred_at: npt.ArrayLike,
) -> Interactions:
    """Interactions from behaviour columns, as the `interactions` mart has them.

    Events of a type without weight are passed over; a basket is what belongs to one visit.
    Raises `InteractionsInvalid`.
    """
    names = np.asarray(types).astype(str)
    kept = np.isin(names, list(EVENT_WEIGHTS))
    kinds, codes = np.unique(names[kept], return_inverse=True)
    weights = np.array([EVENT_WEIGHTS[kind] for kind in kinds], np.float32)[codes]
    interactions = Interactions.from_columns(
        np.asarray(shopper_pseudonyms)[kept],
        np.asarray(product_ids)[kept],
        weights=weights,
        occurred_at=np.asarray(occurred_at)[kept],
        is_purchase=names[kept] == "purchase",
    )
    return replace(interactions, baskets=visits(interactions))
