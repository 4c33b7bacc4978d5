"""The stand-in's clock: the world's, moved on by what a test clock was advanced."""

from collections.abc import Callable
from typing import Final

from rynek.local.stripe.store import Store

ADVANCED: Final = "clock_advanced_s"


class Clock:
    """Unix seconds as the stand-in sees them. It only moves forward, and a restart keeps it."""

    def __init__(self, store: Store, world: Callable[[], float]) -> None:
        self._store = store
        self._world = world
        with store.transaction() as books:
            self.advanced_s = books.switch(ADVANCED)

    def __call__(self) -> float:
        return self._world() + self.advanced_s

    def advance(self, seconds: int) -> None:
        with self._store.transaction() as books:
            books.turn(ADVANCED, self.advanced_s + seconds)
        self.advanced_s += seconds
