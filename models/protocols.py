"""Ways of cutting interactions into what a model may know and what it must guess."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from models.arrays import Mask
from models.baskets import Baskets
from models.errors import NothingToLearn
from models.evaluation import Split, Task, judge, temporal_split
from models.interactions import Interactions

Protocol: TypeAlias = Callable[[Interactions], Split]
SESSIONS_HELD_OUT = 0.1


def temporal(
    days: float, *, task: Task = "new", max_shoppers: int | None = None, seed: int = 0
) -> Protocol:
    """One cut for everybody: the last `days` of whatever interactions are given judge."""

    def cut(interactions: Interactions) -> Split:
        _refuse_empty(interactions)
        day = float(interactions.days.max()) - days
        return temporal_split(interactions, day, task=task, max_shoppers=max_shoppers, seed=seed)

    return cut


def next_basket(*, task: Task = "all", max_shoppers: int | None = None, seed: int = 0) -> Protocol:
    """Everyone's last basket is guessed from their earlier ones."""

    def cut(interactions: Interactions) -> Split:
        _refuse_empty(interactions)
        baskets = Baskets.of(interactions)
        is_last = (baskets.steps_back == 0)[baskets.of_event]
        truth = interactions.where(is_last).bought
        return judge(interactions.where(~is_last), truth, task, max_shoppers, seed)

    return cut


def session(*, max_shoppers: int | None = None, seed: int = 0) -> Protocol:
    """Rows are sessions: of the latest tenth, the last event is guessed from the earlier ones.

    Models learn from the other sessions alone. Items already in the session may come again.
    """

    def cut(interactions: Interactions) -> Split:
        _refuse_empty(interactions)
        ends = np.full(interactions.n_shoppers, -np.inf)
        np.maximum.at(ends, interactions.rows, interactions.days)
        border = np.quantile(ends[np.isfinite(ends)], 1 - SESSIONS_HELD_OUT)
        is_late = (ends > border)[interactions.rows]
        is_last = _last_events(interactions)
        train = interactions.where(~is_late)
        known = interactions.where(is_late & ~is_last)
        truth = interactions.where(is_late & is_last).matrix
        return judge(train, truth, "all", max_shoppers, seed, known=known)

    return cut


def random_share(
    share: float, *, task: Task = "new", max_shoppers: int | None = None, seed: int = 0
) -> Protocol:
    """A share of each shopper's events drawn at random, as published splits without times are.

    Rounded to whole events; only to tune by.
    """

    def cut(interactions: Interactions) -> Split:
        drawn = np.random.default_rng(seed).random(interactions.n_events)
        order = np.lexsort((drawn, interactions.rows))
        rows = interactions.rows[order]
        place = np.arange(len(rows)) - np.searchsorted(rows, rows)
        counts = np.bincount(rows, minlength=interactions.n_shoppers)
        is_held_out = np.zeros(len(rows), bool)
        is_held_out[order] = place < np.round(share * counts)[rows]
        truth = interactions.where(is_held_out).bought
        return judge(interactions.where(~is_held_out), truth, task, max_shoppers, seed)

    return cut


def given(train: Interactions, test: Interactions, *, task: Task = "new") -> Split:
    """A published split. Both must come from one `Interactions`, so that rows and columns agree."""
    return judge(train, test.bought, task)


def rolling(
    protocol: Protocol, interactions: Interactions, days: float, origins: int
) -> list[Split]:
    """The same cut at several moments, each `days` before the next; the latest first."""
    last = float(interactions.days.max(initial=-np.inf))
    known = [interactions.where(interactions.days <= last - days * back) for back in range(origins)]
    return [protocol(part) for part in known]


def _last_events(interactions: Interactions) -> Mask:
    order = np.lexsort((np.arange(interactions.n_events), interactions.days, interactions.rows))
    rows = interactions.rows[order]
    is_last = np.zeros(interactions.n_events, bool)
    is_last[order[np.r_[rows[1:] != rows[:-1], True]]] = True
    return is_last


def _refuse_empty(interactions: Interactions) -> None:
    if not interactions.n_events:
        raise NothingToLearn("There are no events.")
