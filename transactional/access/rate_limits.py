"""Rate limits: requests a minute, by principal, or by address for who has none.

A process counts for itself and adds its counts to Redis every second, where it learns what the
other processes counted. So a request costs a look into a dictionary; several processes together may
let a second's worth too many in; and while Redis is away each process limits alone.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis

from transactional.errors import MarketError

log = logging.getLogger(__name__)

WINDOW_SECONDS = 60
SECONDS_BETWEEN_SYNCS = 1.0
# Beyond these many in one minute, newcomers share one count: memory stays bounded.
MOST_COUNTED = 50_000
THE_REST = "the rest"


class RateLimitedError(MarketError):
    """Too many requests; wait for as many seconds as Retry-After says."""

    code = "rate_limited"


@dataclass(slots=True)
class Count:
    """Requests of this window: those that Redis knows of, of every process, and our newest."""

    known: int = 0
    unsynced: int = 0


class RateLimits:
    """Fixed windows of a minute. The clock counts seconds since 1970, as in every process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, Count] = {}

    def demand(self, who: str, most: int) -> None:
        """Count one more request of theirs. Raises RateLimitedError beyond `most` a minute."""
        now = self._clock()
        with self._lock:
            count = self._count(who, int(now // WINDOW_SECONDS))
            count.unsynced += 1
            is_refused = count.known + count.unsynced > most
        if is_refused:
            raise RateLimitedError(retry_after_seconds=WINDOW_SECONDS - int(now % WINDOW_SECONDS))

    def sync(self, store: "redis.Redis") -> int:
        """Tell the others and learn from them; returns how many counts were told.

        Raises redis.RedisError; what was not told then is told the next time.
        """
        with self._lock:
            window = self._window
            told = {who: count.unsynced for who, count in self._counts.items() if count.unsynced}
        totals = self._add(store, window, told)
        with self._lock:
            if window == self._window:
                for (who, units), total in zip(told.items(), totals, strict=True):
                    count = self._counts[who]
                    count.known, count.unsynced = total, count.unsynced - units
        return len(told)

    @contextmanager
    def synced(self, store: "redis.Redis") -> Iterator[None]:
        """For the length of the block, learn every second what the other processes counted."""
        stop = threading.Event()
        thread = threading.Thread(target=self._keep_synced, args=(store, stop), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _keep_synced(self, store: "redis.Redis", stop: threading.Event) -> None:
        was_there = True
        while not stop.wait(SECONDS_BETWEEN_SYNCS):
            try:
                self.sync(store)
                was_there = True
            except redis.RedisError as error:
                if was_there:
                    log.warning("rate limits count in this process alone: %r", error)
                was_there = False

    def _count(self, who: str, window: int) -> Count:
        if window != self._window:
            self._window, self._counts = window, {}
        if who not in self._counts and len(self._counts) >= MOST_COUNTED:
            who = THE_REST
        return self._counts.setdefault(who, Count())

    @staticmethod
    def _add(store: "redis.Redis", window: int, told: dict[str, int]) -> list[int]:
        if not told:
            return []
        batch: Any = store.pipeline(transaction=False)
        for who, units in told.items():
            key = f"rynek:rate:{window}:{who}"
            batch.incrby(key, units)
            batch.expire(key, 2 * WINDOW_SECONDS)
        totals: list[int] = batch.execute()[::2]
        return totals
