"""Waking the relay, beside the work that wrote facts: nobody waits for it.

It has a thread and a connection of its own, and whoever has news while it is at it is told of
together. Should it fail, the relay's next look finds the facts.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from transactional.database import Database
from transactional.errors import UnavailableError
from transactional.facts import outbox

log = logging.getLogger(__name__)


class Announcer:
    """Tells the relay that there are facts, after `ring`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._has_news = False
        self._is_rung = threading.Event()
        self._is_closing = False

    def note(self) -> None:
        """There are new facts, committed."""
        self._has_news = True

    def ring(self) -> None:
        """Tell of them where there are any; for when those who wait for more have been served."""
        if self._has_news:
            self._has_news = False
            self._is_rung.set()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self._keep_announcing, name="announcing", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_closing = True
            self._is_rung.set()
            thread.join()

    def _keep_announcing(self) -> None:
        while self._is_rung.wait() and not self._is_closing:
            self._is_rung.clear()
            try:
                outbox.announce_alone(self._database)
            except UnavailableError as error:
                log.warning("the relay was not woken: %r", error.__cause__)
