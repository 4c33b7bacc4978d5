"""Requests that wait while others are worked on are taken together in the next batch.

Nobody waits for a clock: a request that comes alone starts at once, and under load a batch is
whatever has come in while the one before it was at work. A second joins it only when it is worth
its while: a batch of few costs nearly as much as one of many. A batch that is not done in time
waits for somebody's lock, and holds up nobody who comes after it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from transactional.errors import UnavailableError

LARGEST_BATCH = 64
BATCHES_AT_WORK = 2
WORTH_A_SECOND_BATCH = LARGEST_BATCH
# A batch takes tens of milliseconds; after so many seconds it no longer counts as at work.
SECONDS_AT_WORK = 0.5
MOST_BATCHES = 8
# One to read who has written, one to understand it, one for whom the last answers let go on.
TURNS_FOR_ARRIVALS = 3
MOST_WAITING = 1_024

Request = TypeVar("Request")
Result = TypeVar("Result")


class OrdersBusyError(UnavailableError):
    """Too many orders wait already and nothing was begun; try again in a moment."""

    code = "orders_busy"


@dataclass(eq=False)
class _Batch(Generic[Request, Result]):
    """Those who are worked on together; `patience` ends when they are held up."""

    asked: "list[tuple[Request, asyncio.Future[Result]]]"
    patience: asyncio.TimerHandle | None = None
    is_held_up: bool = False


@dataclass
class _Line(Generic[Request, Result]):
    """Those who wait on one event loop, and the batches before them."""

    waiting: "deque[tuple[Request, asyncio.Future[Result]]]" = field(default_factory=deque)
    batches: set[_Batch[Request, Result]] = field(default_factory=set)
    is_gathering: bool = False


class Batcher(Generic[Request, Result]):
    """Calls `work` with up to 64 requests at a time, on the threads of `executor`.

    `work` returns a result per request, in their order; None puts a request off to the next batch.
    `afterwards` is called once those of a batch have been told their results.
    A server has one event loop; should there be several, each has its own line of waiting requests.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Request]], Sequence[Result | None]],
        executor: Executor,
        afterwards: Callable[[], object] = lambda: None,
    ) -> None:
        self._work = work
        self._executor = executor
        self._afterwards = afterwards
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line[Request, Result]] = (
            WeakKeyDictionary()
        )

    async def answer(self, request: Request) -> Result:
        """The result of `work`, or what it raised. Raises OrdersBusyError where too many wait.

        Whoever stops waiting leaves the batch and everyone else in it undisturbed.
        """
        return await self.ask(request)

    def ask(self, request: Request) -> "asyncio.Future[Result]":
        """`answer`, not waited for."""
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop) or self._lines.setdefault(loop, _Line())
        if len(line.waiting) >= MOST_WAITING:
            raise OrdersBusyError
        future: asyncio.Future[Result] = loop.create_future()
        line.waiting.append((request, future))
        self._start(loop, line)
        return future

    def _start(self, loop: asyncio.AbstractEventLoop, line: _Line[Request, Result]) -> None:
        while line.waiting and not line.is_gathering and _is_worth_a_batch(line):
            count = min(len(line.waiting), LARGEST_BATCH)
            batch = _Batch([line.waiting.popleft() for _ in range(count)])
            line.batches.add(batch)
            batch.patience = loop.call_later(SECONDS_AT_WORK, self._pass_by, loop, line, batch)
            requests = [request for request, _ in batch.asked]
            done = loop.run_in_executor(self._executor, self._work, requests)
            done.add_done_callback(partial(self._finish, loop, line, batch))

    def _pass_by(
        self,
        loop: asyncio.AbstractEventLoop,
        line: _Line[Request, Result],
        batch: _Batch[Request, Result],
    ) -> None:
        batch.is_held_up = True
        self._start(loop, line)

    def _finish(
        self,
        loop: asyncio.AbstractEventLoop,
        line: _Line[Request, Result],
        batch: _Batch[Request, Result],
        done: "asyncio.Future[Sequence[Result | None]]",
    ) -> None:
        assert batch.patience is not None, "it began with the batch"
        batch.patience.cancel()
        line.batches.discard(batch)
        line.waiting.extendleft(reversed(_settle(batch.asked, done)))
        loop.call_soon(self._afterwards)
        if line.waiting and not line.is_gathering:
            line.is_gathering = True
            self._gather(loop, line, TURNS_FOR_ARRIVALS)

    def _gather(
        self, loop: asyncio.AbstractEventLoop, line: _Line[Request, Result], turns: int
    ) -> None:
        """Whoever is at the door comes along: the loop turns a few times before a batch starts."""
        if turns:
            loop.call_soon(self._gather, loop, line, turns - 1)
        else:
            line.is_gathering = False
            self._start(loop, line)


def _is_worth_a_batch(line: _Line[Request, Result]) -> bool:
    at_work = sum(not batch.is_held_up for batch in line.batches)
    if at_work == 0:
        return len(line.batches) < MOST_BATCHES
    return at_work < BATCHES_AT_WORK and len(line.waiting) >= WORTH_A_SECOND_BATCH


def _settle(
    asked: "list[tuple[Request, asyncio.Future[Result]]]",
    done: "asyncio.Future[Sequence[Result | None]]",
) -> "list[tuple[Request, asyncio.Future[Result]]]":
    """Tell everyone who still waits what became of their request; returns who is put off."""
    if fault := done.exception():
        for _, future in asked:
            if not future.done():
                future.set_exception(fault)
        return []
    put_off = []
    for (one, future), result in zip(asked, done.result(), strict=True):
        if future.done():
            continue
        if result is None:
            put_off.append((one, future))
        else:
            future.set_result(result)
    return put_off
