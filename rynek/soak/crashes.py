"""Proof that a crash loses nothing and does nothing twice: the market's processes die at every
named gap, and at any moment, are restarted, come to rest within a minute, and every invariant holds
and Stripe tells the same story.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from rynek.soak import lives
from rynek.soak.crowd import Crowd
from rynek.soak.lives import Town, found
from rynek.soak.quiet import Rest, come_to_rest
from rynek.soak.site import Site, dying_at, open_site, unarmed
from transactional.gateway.connection import NETWORK_RETRIES

KILLS_BETWEEN_RESTS = 25
SHORTEST_LIFE_SECONDS = 0.05
LONGEST_LIFE_SECONDS = 0.6
# One kill in so many is Postgres'.
POSTGRES_SHARE = 20
VICTIMS = (("core",), ("workers",), ("core", "workers"))
CROWD = 2
# A call, and its repetitions by Stripe's own client.
ALL_TRIES = NETWORK_RETRIES + 1


class GapMissedError(AssertionError):
    """Nothing died: the market did not come by this gap."""


def whole_life(site: Site, town: Town, gap: str) -> None:
    site.start(dying_at(gap), dying_at(gap))
    lives.whole(town, Random(0))


def life_of_a_new_vendor(site: Site, town: Town, gap: str) -> None:
    site.start(dying_at(gap), dying_at(gap))
    lives.open_shop(town.operator)


def lapse_while_confirming(site: Site, town: Town, gap: str) -> None:
    """The hold lapses, its sweeper dies, and the bank takes the money at that moment."""
    site.start()
    order = lives.bought(town, lives.CHALLENGED_CARD)
    site.stop()
    site.skew += timedelta(minutes=20)
    site.start(unarmed, dying_at(gap))
    site.control.authenticate(lives.intent_of(order))


def refund_after_transfer(site: Site, town: Town, gap: str) -> None:
    """The vendors have their money already when the shopper gets it back."""
    site.start()
    order = lives.bought(town)
    lives.delivered(town, order)
    come_to_rest(site)
    site.stop()
    site.start(dying_at(gap), dying_at(gap))
    lives.given_back(town, order, order["vendor_orders"])


def refund_while_reversals_fail(site: Site, town: Town, gap: str) -> None:
    """What a vendor gives back is given, and nobody hears of it, however often it is asked."""
    site.control.fault("answer_lost", path="/v1/transfers/*/reversals", times=ALL_TRIES)
    refund_after_transfer(site, town, gap)


GAPS: dict[str, Callable[[Site, Town, str], None]] = {
    "hold_committed": whole_life,
    "intent_created_row_not_updated": whole_life,
    "confirmed_answer_lost": whole_life,
    "webhook_stored_not_applied": whole_life,
    "paid_transfers_not_queued": whole_life,
    "facts_published_not_marked": whole_life,
    "mail_sent_not_marked": whole_life,
    "transfer_sent_not_marked": whole_life,
    "refund_sent_not_marked": refund_after_transfer,
    "refund_done_reversal_due": refund_after_transfer,
    "refund_done_reversal_failing": refund_while_reversals_fail,
    "reversal_sent_not_marked": refund_after_transfer,
    "hold_expiring_while_confirming": lapse_while_confirming,
    "vendor_account_opened_not_written": life_of_a_new_vendor,
}


def die_in(site: Site, town: Town, gap: str) -> Rest:
    """Have the market die in one gap and recover; returns how it came to rest.

    The market is stopped before and after. Raises GapMissedError, NotQuietError, DiscordError.
    """
    before = site.kills
    GAPS[gap](site, town, gap)
    rest = come_to_rest(site)
    site.revive()
    site.stop()
    if site.kills == before:
        raise GapMissedError(gap)
    return rest


@dataclass(frozen=True)
class Toll:
    """What a long run came to."""

    kills: int
    rests: int
    longest_rest_seconds: float
    longest_rest_waited_for: tuple[str, ...]
    lives: int
    seed: int


def kill_at_random(
    folder: Path, kills: int, seed: int, report: Callable[[int], None] = lambda _: None
) -> Toll:
    """Kill the core, the workers and Postgres at any moment while a crowd lives, then demand rest.

    Every 25 kills the crowd is let finish, and the market must come to rest and add up.
    """
    chance = Random(seed)
    rests: list[Rest] = []
    lived = 0
    with open_site(folder, durable=True) as site:
        site.start()
        town = found(site)
        come_to_rest(site)
        while site.kills < kills:
            target = min(kills, site.kills + KILLS_BETWEEN_RESTS)
            lived += _kill_among_a_crowd(site, town, target, chance)
            site.let_leases_run_out()
            rests.append(come_to_rest(site))
            report(site.kills)
        longest = max(rests, key=lambda rest: rest.seconds)
        return Toll(site.kills, len(rests), longest.seconds, longest.waited_for, lived, seed)


def _kill_among_a_crowd(site: Site, town: Town, target: int, chance: Random) -> int:
    crowd = Crowd(town, [chance.randrange(2**31) for _ in range(CROWD)])
    while site.kills < target:
        time.sleep(chance.uniform(SHORTEST_LIFE_SECONDS, LONGEST_LIFE_SECONDS))
        if chance.randrange(POSTGRES_SHARE) == 0:
            site.kill_postgres()
        else:
            for name in chance.choice(VICTIMS):
                site.kill(name)
            site.revive()
    return crowd.go_home()
