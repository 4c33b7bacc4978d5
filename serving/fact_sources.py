"""Where facts come from: the relay's Redis Stream, and the core for whatever the stream lost."""

from datetime import datetime
from typing import Any, cast

import httpx
import msgspec
import redis

from serving.errors import FactsPruned
from serving.facts import Fact, read_fact

STREAM = "rynek:facts"
PUBLISHED_KEY = "rynek:facts:published"
READ_AT_MOST = 1_000
CORE_TIMEOUT_SECONDS = 5.0
REDIS_TIMEOUT_SECONDS = 2.0


class Heartbeat(msgspec.Struct, frozen=True):
    """The relay's word: by ``at`` nothing had been committed that lies behind ``position``.

    ``at`` is None while no relay has been at work on this market.
    """

    position: int
    at: datetime | None
    identity: str | None = None


class FactPage(msgspec.Struct, frozen=True):
    facts: list[Fact]
    published_position: int
    published_at: datetime | None


class RedisFacts:
    """The stream; entries are read by position, so that a restart of either side loses nothing."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
        )

    def read(self, after: int, wait_seconds: float) -> list[Fact]:
        """Facts behind the position; waits for the first one. Raises redis.RedisError."""
        answer: Any = self._redis.xread(
            {STREAM: f"{after}-0"}, count=READ_AT_MOST, block=int(wait_seconds * 1000)
        )
        return [read_fact(entry[b"fact"]) for _, entries in answer for _, entry in entries]

    def heartbeat(self) -> Heartbeat | None:
        """The relay's last word; None when Redis lost it. Raises redis.RedisError."""
        word = cast(bytes | None, self._redis.get(PUBLISHED_KEY))
        return msgspec.json.decode(word, type=Heartbeat) if word else None

    def close(self) -> None:
        self._redis.close()


class CoreFacts:
    """``GET /v1/facts`` of the core: complete, and slower."""

    def __init__(self, core_url: str, service_token: str) -> None:
        self._core = httpx.Client(
            base_url=core_url,
            headers={"Authorization": f"Bearer {service_token}"},
            timeout=CORE_TIMEOUT_SECONDS,
        )

    def read(self, after: int) -> tuple[list[Fact], Heartbeat]:
        """The next page behind the position.

        Raises httpx.HTTPError, msgspec.MsgspecError, and FactsPruned where it is kept no longer.
        """
        answer = self._core.get("/v1/facts", params={"after": after, "limit": READ_AT_MOST})
        if answer.status_code == httpx.codes.GONE:
            raise FactsPruned
        answer.raise_for_status()
        page = msgspec.json.decode(answer.content, type=FactPage)
        return page.facts, Heartbeat(page.published_position, page.published_at)

    def close(self) -> None:
        self._core.close()
