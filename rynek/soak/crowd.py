"""People in processes of their own, who live on while the market dies around them."""

import signal
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from multiprocessing.synchronize import Event
from random import Random

from rynek.soak import lives
from rynek.soak.lives import Town
from rynek.soak.site import FORK, end_with_parent

# A life has some ten requests, and each may be insisted on for a minute.
SECONDS_TO_FINISH = 240.0


class CrowdError(AssertionError):
    """What went wrong in someone's life, as they told it."""


class Crowd:
    """One person per seed; each lives life after life until told to go home."""

    def __init__(self, town: Town, seeds: Sequence[int]) -> None:
        self._is_over = FORK.Event()
        self._people = [_begin(town, seed, self._is_over) for seed in seeds]

    def go_home(self) -> int:
        """Let everyone end the life they are in; returns how many lives were whole.

        Raises CrowdError.
        """
        self._is_over.set()
        try:
            return sum(_told(seed, tale) for seed, _, tale in self._people)
        finally:
            for _, person, _ in self._people:
                person.kill()
                person.join()


def _begin(town: Town, seed: int, is_over: Event) -> tuple[int, ForkProcess, Connection]:
    tale, telling = FORK.Pipe(duplex=False)
    person = FORK.Process(target=_live, args=(town, seed, is_over, telling), daemon=True)
    person.start()
    telling.close()
    return seed, person, tale


def _told(seed: int, tale: Connection) -> int:
    if not tale.poll(SECONDS_TO_FINISH):
        raise CrowdError(f"seed {seed}: no end within {SECONDS_TO_FINISH:g} s")
    try:
        outcome = tale.recv()
    except EOFError:
        raise CrowdError(f"seed {seed}: ended without a word") from None
    if isinstance(outcome, str):
        raise CrowdError(f"seed {seed}: {outcome}")
    return int(outcome)


def _live(town: Town, seed: int, is_over: Event, telling: Connection) -> None:
    """Tells how many lives were whole, or the traceback of the one that went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    chance, lived = Random(seed), 0
    try:
        while not is_over.is_set():
            lived += lives.live(town.without_help(), chance)
        telling.send(lived)
    except Exception:
        telling.send(traceback.format_exc())
