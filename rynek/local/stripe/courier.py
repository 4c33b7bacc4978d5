"""Carries events to the webhook endpoints: signed, retried, and not forgotten by a restart."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rynek.local.stripe.lines import Lines
from rynek.local.stripe.store import Store

FIRST_RETRY_S: Final = 0.2
LAST_RETRY_S: Final = 10.0
MAX_ATTEMPTS: Final = 100
"""With the delays above: about a quarter of an hour, then the delivery is abandoned."""
TIMEOUT_S: Final = 10.0
MAX_AT_ONCE: Final = 16
IDLE_S: Final = 5.0


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one endpoint."""

    id: int
    attempts: int
    url: str
    secret: str
    payload: bytes


def signature(payload: bytes, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 over `timestamp.payload`."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + payload, hashlib.sha256)
    return f"t={timestamp},v1={digest.hexdigest()}"


def retry_delay_s(attempts: int) -> float:
    """Seconds until the next attempt, doubling from the first to the last delay."""
    return float(min(FIRST_RETRY_S * 2 ** min(attempts - 1, 20), LAST_RETRY_S))


def settled(delivery: Delivery, outcome: str, now: float) -> tuple[str, int, str, float, int]:
    """State, attempts, outcome, next due time and id of a delivery that came back."""
    attempts = delivery.attempts + 1
    retry = "abandoned" if attempts >= MAX_ATTEMPTS else "pending"
    state = "delivered" if outcome.startswith("2") else retry
    return state, attempts, outcome, now + retry_delay_s(attempts), delivery.id


class Courier:
    """Sends what is due, wakes up when something new is filed, and at the next retry."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._news = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._back: list[tuple[Delivery, str]] = []
        self.is_carrying = False

    def wake(self) -> None:
        """Something may have become due."""
        self._news.set()

    def release(self) -> int:
        """Let everything withheld or waiting for a retry go now; return how much it is."""
        with self._store.transaction() as books:
            released = books.connection.execute(
                "update deliveries set due_at = ? where state = 'pending' and due_at > ?",
                (self._clock(), self._clock()),
            ).rowcount
        self.wake()
        return released

    async def run(self) -> None:
        """Deliver until cancelled; what was under way then is tried again after the next start."""
        lines = Lines()
        self.is_carrying = True
        try:
            while True:
                self._news.clear()
                self._settle()
                sent = self.dispatch(lines)
                await self._rest(FIRST_RETRY_S if sent else self._until_next())
        finally:
            self.is_carrying = False
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)
            lines.close()

    def dispatch(self, lines: Lines) -> int:
        """Start every delivery that is due and has a free place; return how many."""
        due = self._due(MAX_AT_ONCE - len(self._under_way))
        for delivery in due:
            task = asyncio.create_task(self._carry(lines, delivery))
            self._under_way[delivery.id] = task
        return len(due)

    async def _rest(self, at_most_s: float) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), at_most_s)
        except TimeoutError:
            return

    async def _carry(self, lines: Lines, delivery: Delivery) -> None:
        outcome = "interrupted"
        try:
            outcome = await self._post(lines, delivery)
            if self._store.mischief.is_doubled(delivery.id):
                outcome = await self._post(lines, delivery)
        finally:
            self._back.append((delivery, outcome))
            self.wake()

    async def _post(self, lines: Lines, delivery: Delivery) -> str:
        """The endpoint's HTTP status, or the name of the network's failure.

        The signature tells the world's time: the receiver compares it with its own clock.
        """
        signed = signature(delivery.payload, delivery.secret, int(time.time()))
        headers = {"content-type": "application/json", "stripe-signature": signed}
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return str(await lines.post(delivery.url, delivery.payload, headers))
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            return type(error).__name__

    def _settle(self) -> None:
        """Write down every delivery that came back, in one transaction."""
        if not self._back:
            return
        back, self._back = self._back, []
        now = self._clock()
        with self._store.transaction() as books:
            books.connection.executemany(
                "update deliveries set state = ?, attempts = ?, last_outcome = ?, due_at = ?"
                " where id = ?",
                [settled(delivery, outcome, now) for delivery, outcome in back],
            )
        for delivery, _ in back:
            del self._under_way[delivery.id]

    def _due(self, places: int) -> list[Delivery]:
        with self._store.transaction() as books:
            rows = books.connection.execute(
                "select deliveries.id, attempts, event.body as payload,"
                " endpoint.body ->> '$.url' as url, endpoint.hidden ->> '$.secret' as secret"
                " from deliveries"
                " join objects as event on event.id = event_id"
                " join objects as endpoint on endpoint.id = endpoint_id"
                " where state = 'pending' and due_at <= ?"
                " and deliveries.id not in (select value from json_each(?))"
                " order by due_at, deliveries.id limit ?",
                (self._clock(), json.dumps([*self._under_way]), places),
            ).fetchall()
        return [
            Delivery(row["id"], row["attempts"], row["url"], row["secret"], row["payload"].encode())
            for row in rows
        ]

    def _until_next(self) -> float:
        """Seconds until the next delivery is due, or the idle pause."""
        with self._store.transaction() as books:
            row = books.connection.execute(
                "select min(due_at) from deliveries where state = 'pending'"
                " and id not in (select value from json_each(?))",
                (json.dumps([*self._under_way]),),
            ).fetchone()
        if row[0] is None or len(self._under_way) >= MAX_AT_ONCE:
            return IDLE_S
        return min(max(float(row[0]) - self._clock(), 0.0), IDLE_S)
