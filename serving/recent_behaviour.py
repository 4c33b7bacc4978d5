"""What shoppers looked at within the last minutes, from the core's stream of behaviour."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import redis

STREAM = "rynek:behaviour"
REDIS_TIMEOUT_SECONDS = 2.0
MINUTES = 30
READ_AT_MOST = 1_000
EVENTS_KEPT = 50  # per shopper
SHOPPERS_KEPT = 100_000
OF_TASTE = frozenset({"click", "view", "cart"})


class Event(msgspec.Struct, frozen=True):
    """As the core writes it; what else it carries is passed over."""

    type: str
    shopper_pseudonym: int
    occurred_at: datetime
    product_id: int | None = None


_decoder = msgspec.json.Decoder(Event)


class RecentBehaviour:
    """Filled by one thread, read by many: each shopper's events are replaced, never changed."""

    def __init__(self, since: float) -> None:
        self._read_until = f"{int(since * 1000)}-0"
        self._by_shopper: dict[int, tuple[Event, ...]] = {}

    def products(self, shopper_pseudonym: int | None, now: float) -> list[int]:
        """Product ids that the shopper looked at in the minutes before ``now``, the latest last."""
        if shopper_pseudonym is None:
            return []
        found = [
            event.product_id
            for event in self._by_shopper.get(shopper_pseudonym, ())
            if event.product_id is not None and event.occurred_at.timestamp() > now - 60 * MINUTES
        ]
        return list(dict.fromkeys(reversed(found)))[::-1]

    def read(self, client: "redis.Redis") -> None:
        """Takes in what is new. Raises redis.RedisError or msgspec.MsgspecError."""
        while entries := self._next(client):
            for entry_id, fields in entries:
                self._read_until = entry_id.decode()
                self._take(_decoder.decode(fields[b"event"]))

    def _next(self, client: "redis.Redis") -> list[tuple[bytes, dict[bytes, bytes]]]:
        answer: Any = client.xread({STREAM: self._read_until}, count=READ_AT_MOST)
        return [entry for _, entries in answer for entry in entries]

    def _take(self, event: Event) -> None:
        if event.type not in OF_TASTE or event.product_id is None:
            return
        before = self._by_shopper.pop(event.shopper_pseudonym, ())
        self._by_shopper[event.shopper_pseudonym] = (*before, event)[-EVENTS_KEPT:]
        if len(self._by_shopper) > SHOPPERS_KEPT:
            del self._by_shopper[next(iter(self._by_shopper))]


def looking_at(
    redis_url: str, clock: Callable[[], float]
) -> Callable[[RecentBehaviour | None], RecentBehaviour]:
    """A look for a Watcher: the same memory, brought up to date."""
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
    )

    def look(seen: RecentBehaviour | None) -> RecentBehaviour:
        recent = seen or RecentBehaviour(clock() - 60 * MINUTES)
        recent.read(client)
        return recent

    return look
