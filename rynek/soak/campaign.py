"""Runs of the state machine: a few markets for a test, many for as long as there is time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.errors import Flaky, FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

from rynek.soak.grounds import Grounds
from rynek.soak.machine import Market
from rynek.soak.model import ModelBrokenError

MARKETS_AT_ONCE = 20
STEPS = 50


@dataclass(frozen=True)
class Outcome:
    """How many markets came to rest, and what came to pass in them."""

    seed: int
    markets: int
    rests: int
    orders: int


def run(
    grounds: Grounds, *, seed: int, markets: int, steps: int = STEPS, is_shrunk: bool = False
) -> None:
    """So many markets of up to so many steps; raises what breaks one, with the way to it.

    The shortest way (`is_shrunk`) may take minutes to find.
    """
    chosen = settings(
        max_examples=markets,
        stateful_step_count=steps,
        phases=[Phase.generate, *([Phase.shrink] if is_shrunk else [])],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    here = type("Market", (Market,), {"grounds": grounds})
    try:
        run_state_machine_as_test(seeded(seed)(here), settings=chosen)
    except (Flaky, FlakyStrategyDefinition) as unrepeatable:
        told = grounds.faults[0] if grounds.faults else str(unrepeatable)
        raise ModelBrokenError(f"seed {seed}, not the same when repeated: {told}") from unrepeatable


def run_for(
    grounds: Grounds, *, seed: int, seconds: float, report: Callable[[int], None]
) -> Outcome:
    """Markets until the time is over, at least one batch; each batch has the next seed."""
    ends_at = time.monotonic() + seconds
    markets = 0
    while not markets or time.monotonic() < ends_at:
        run(grounds, seed=seed + markets // MARKETS_AT_ONCE, markets=MARKETS_AT_ONCE)
        markets += MARKETS_AT_ONCE
        report(markets)
    tally = grounds.tally
    return Outcome(seed, markets, tally["rest"], tally["placed"])
