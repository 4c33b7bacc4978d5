"""Proof that a worker which slept through its lease and wakes changes nothing: it is stopped after
its claim, another takes over, and then it goes on. Each effect happens once.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from typing import Any
from uuid import uuid4

import psutil

from rynek.soak import lives
from rynek.soak.lives import Town
from rynek.soak.quiet import come_to_rest, undone
from rynek.soak.site import DOWNTIME, SECONDS_TO_END, Arming, Site, unarmed, until
from rynek.soak.visits import Json
from transactional.gateway import Gateway
from transactional.settlement import ledger

# Longer than a sleeper in a transaction keeps its locks, on a slow machine.
SECONDS_TO_SLEEP = 90.0


def bought(town: Town) -> Json:
    return lives.bought(town)


def bought_and_delivered(town: Town) -> Json:
    order = lives.bought(town)
    lives.delivered(town, order)
    return order


def give_back(town: Town, order: Json) -> None:
    lives.given_back(town, order, order["vendor_orders"])


@dataclass(frozen=True)
class Sleep:
    """Before which verb of which place a worker falls asleep, and what leads up to it."""

    place: Any
    verb: str
    workers: tuple[str, ...]
    before: Callable[[Town], Json]
    lead_up: Callable[[Town, Json], None]
    undone: str


REVERSING = ("refunds", "reversals")
SLEEPS = {
    # No transaction is open: Stripe is about to be asked.
    "pay_out": Sleep(Gateway, "pay_out", ("transfers",), bought, lives.delivered, "transfers"),
    "refund": Sleep(Gateway, "refund", ("refunds",), bought, give_back, "refunds"),
    "reverse": Sleep(Gateway, "reverse", REVERSING, bought_and_delivered, give_back, "reversals"),
    # Inside the transaction of the outcome, whose locks everybody else waits for.
    "transfer marked": Sleep(
        ledger, "record_transfer", ("transfers",), bought, lives.delivered, "transfers"
    ),
    "refund marked": Sleep(ledger, "record_refund", ("refunds",), bought, give_back, "refunds"),
    "reversal marked": Sleep(
        ledger, "record_reversal", REVERSING, bought_and_delivered, give_back, "reversals"
    ),
}


def haunt(site: Site, town: Town, name: str, fault: Arming = unarmed) -> None:
    """Have a worker sleep through its lease, another do its work, and it wake up.

    The market is stopped before and after. Raises DiscordError where an effect happened twice.
    """
    sleep = SLEEPS[name]
    site.start()
    order = sleep.before(town)
    come_to_rest(site)
    site.stop()

    def sleeper() -> None:
        fault()
        fall_asleep_before(sleep)

    site.start(unarmed, sleeper, sleep.workers)
    zombie = site.let_go("workers")
    try:
        sleep.lead_up(town, order)
        until(lambda: is_stopped(zombie), SECONDS_TO_SLEEP)
        site.skew += DOWNTIME
        site.start_workers(fault)
        until(lambda: sleep.undone not in undone(site), SECONDS_TO_SLEEP)
        wake(zombie)
    finally:
        zombie.kill()
        zombie.join()
    come_to_rest(site)
    site.stop()


def fall_asleep_before(sleep: Sleep) -> None:
    """The process stops itself, once, when it gets there."""
    original = getattr(sleep.place, sleep.verb)

    def slept(*arguments: object) -> object:
        setattr(sleep.place, sleep.verb, original)
        os.kill(os.getpid(), signal.SIGSTOP)
        return original(*arguments)

    setattr(sleep.place, sleep.verb, slept)


def keyless() -> None:
    """The fault that the proof must find: a refund's key is made up at the call, not stored."""
    refund = Gateway.refund
    Gateway.refund = lambda self, intent, cents, _key: refund(self, intent, cents, uuid4())  # type: ignore[method-assign, assignment]
    Gateway.find_refund = lambda self, _intent, _key: None  # type: ignore[method-assign, assignment]


def is_stopped(process: ForkProcess) -> bool:
    return psutil.Process(process.pid).status() == psutil.STATUS_STOPPED


def wake(zombie: ForkProcess) -> None:
    """Let it go on with its turn, and end when that is over."""
    assert zombie.pid is not None, "it was started"
    os.kill(zombie.pid, signal.SIGCONT)
    zombie.terminate()
    zombie.join(SECONDS_TO_END)
    assert zombie.exitcode == 0, f"the zombie ended with {zombie.exitcode}"
