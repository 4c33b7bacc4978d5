"""The batcher by itself: who waits is taken together, and nobody disturbs anybody."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from transactional.http import batching
from transactional.http.batching import (
    LARGEST_BATCH,
    MOST_BATCHES,
    WORTH_A_SECOND_BATCH,
    Batcher,
    OrdersBusyError,
)

T = TypeVar("T")
PATIENCE = 10.0


class Work:
    """Doubles numbers, in batches that wait for the gate; remembers the batches."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, numbers: Sequence[int]) -> list[int | None]:
        self.batches.append(list(numbers))
        assert self.gate.wait(PATIENCE)
        if -1 in numbers:
            raise ValueError("minus one")
        return [2 * number for number in numbers]


def run(scene: Callable[[Batcher[int, int], Work], Awaitable[T]]) -> T:
    async def play() -> T:
        work = Work()
        with ThreadPoolExecutor(MOST_BATCHES) as threads:
            try:
                return await asyncio.wait_for(scene(Batcher(work, threads), work), PATIENCE)
            finally:
                work.gate.set()

    return asyncio.run(play())


async def queued(batcher: Batcher[int, int], numbers: Sequence[int]) -> list[asyncio.Task[int]]:
    """Tasks that wait for their answers, each begun before the next."""
    tasks = [asyncio.create_task(batcher.answer(number)) for number in numbers]
    await asyncio.sleep(0)
    return tasks


def test_a_lone_request_starts_at_once_and_those_that_come_meanwhile_go_together() -> None:
    async def scene(batcher: Batcher[int, int], work: Work) -> list[int]:
        tasks = await queued(batcher, [0])
        tasks += await queued(batcher, range(1, WORTH_A_SECOND_BATCH))
        assert [len(batch) for batch in work.batches] == [1]
        work.gate.set()
        answers = await asyncio.gather(*tasks)
        assert [len(batch) for batch in work.batches] == [1, WORTH_A_SECOND_BATCH - 1]
        return answers

    assert run(scene) == [2 * number for number in range(WORTH_A_SECOND_BATCH)]


def test_a_second_batch_joins_the_first_once_enough_wait_for_it() -> None:
    async def scene(batcher: Batcher[int, int], work: Work) -> None:
        tasks = await queued(batcher, range(200))
        sizes = [len(batch) for batch in work.batches]
        assert sizes == [1, WORTH_A_SECOND_BATCH]
        work.gate.set()
        await asyncio.gather(*tasks)
        assert max(len(batch) for batch in work.batches) == LARGEST_BATCH

    run(scene)


def test_whoever_comes_while_a_batch_is_answered_goes_along_with_the_next() -> None:
    async def scene(batcher: Batcher[int, int], work: Work) -> None:
        first = await queued(batcher, [0])
        waiting = await queued(batcher, [1])

        async def ask_at_once() -> int:
            await first[0]
            return await batcher.answer(2)

        asker = asyncio.create_task(ask_at_once())
        await asyncio.sleep(0)
        work.gate.set()
        await asyncio.gather(asker, *waiting)
        assert work.batches == [[0], [1, 2]]

    run(scene)


def test_who_stops_waiting_leaves_the_others_undisturbed() -> None:
    async def scene(batcher: Batcher[int, int], work: Work) -> list[int]:
        tasks = await queued(batcher, range(5))
        for gone in (tasks[0], tasks[3]):
            gone.cancel()
        work.gate.set()
        answers = await asyncio.gather(tasks[1], tasks[2], tasks[4])
        assert tasks[0].cancelled()
        assert await batcher.answer(9) == 18
        return answers

    assert run(scene) == [2, 4, 8]


def test_a_fault_reaches_its_own_batch_and_no_other() -> None:
    async def scene(batcher: Batcher[int, int], work: Work) -> list[int | BaseException]:
        tasks = await queued(batcher, [-1, 1])
        work.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    fault, answer = run(scene)
    assert isinstance(fault, ValueError)
    assert answer == 2


def test_a_batch_that_is_held_up_holds_up_nobody_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batching, "SECONDS_AT_WORK", 0.01)

    async def scene(batcher: Batcher[int, int], work: Work) -> None:
        tasks = []
        for number in range(MOST_BATCHES):
            tasks += await queued(batcher, [number])
            while len(work.batches) == number:
                await asyncio.sleep(0)
        assert work.batches == [[number] for number in range(MOST_BATCHES)]
        tasks += await queued(batcher, [98, 99])
        work.gate.set()
        await asyncio.gather(*tasks)
        assert work.batches[MOST_BATCHES:] == [[98, 99]]

    run(scene)


def test_more_than_can_wait_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MOST_WAITING", 3)

    async def scene(batcher: Batcher[int, int], work: Work) -> None:
        tasks = await queued(batcher, range(1 + 3))
        with pytest.raises(OrdersBusyError):
            await batcher.answer(99)
        work.gate.set()
        await asyncio.gather(*tasks)

    run(scene)
