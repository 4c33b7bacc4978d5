"""Wishes: what shoppers would buy if it were there, first purchases and repeats."""

from dataclasses import dataclass

import numpy as np

from rynek.market.browsing import Lists, taste_for
from rynek.market.chance import Flags, Floats, Ints, chance, stream
from rynek.market.prices import Prices, response
from rynek.market.visits import DAY_SECONDS, Needs, Visits, time_of_day
from rynek.market.world import SHELF_REPEAT_DAYS, World

# A loyal buyer who likes a product may buy it this often again, one after the other.
MOST_REPEATS = 14
REPEAT_RATE = 0.5
TASTE_IN_REPEAT = 0.25
INTERVAL_SPREAD = 0.2
SECONDS_BEFORE_CART = 75.0
MORE_UNITS_OF_CONSUMABLES, MORE_UNITS = 0.4, 0.06


@dataclass(frozen=True)
class Wishes:
    """Arrays of shape (n_wishes,). Wishes of one basket are one order."""

    basket: Ints
    shopper: Ints
    offer: Ints
    units: Ints
    second: Floats

    @property
    def day(self) -> Ints:
        return (self.second // DAY_SECONDS).astype(np.int64)

    def only(self, kept: Flags) -> "Wishes":
        """The wishes for which `kept` (n_wishes,) is true."""
        return Wishes(
            self.basket[kept],
            self.shopper[kept],
            self.offer[kept],
            self.units[kept],
            self.second[kept],
        )


def wishes_of(
    world: World, prices: Prices, visits: Visits, needs: Needs, lists: Lists
) -> tuple[Wishes, Wishes]:
    """What visits end in, and the repeats that follow from it, each in its own basket."""
    rng = stream(world.seed, "wishes")
    first = _first(rng, world, visits, needs, lists)
    rounds: list[Wishes] = []
    before = first
    while len(before.offer) and len(rounds) < MOST_REPEATS:
        before = _repeated(rng, world, prices, before)
        rounds.append(before)
    repeats = joined(rounds)
    baskets = len(visits.shopper) + np.arange(len(repeats.offer))
    return first, Wishes(baskets, repeats.shopper, repeats.offer, repeats.units, repeats.second)


def _first(
    rng: np.random.Generator, world: World, visits: Visits, needs: Needs, lists: Lists
) -> Wishes:
    need, place = np.nonzero(lists.is_carted & lists.is_bought[:, None])
    visit, offer = needs.visit[need], lists.offer[need, place]
    return Wishes(
        basket=visit,
        shopper=visits.shopper[visit],
        offer=offer,
        units=_units(rng, world, offer),
        second=visits.second[visit] + SECONDS_BEFORE_CART,
    )


def _repeated(rng: np.random.Generator, world: World, prices: Prices, before: Wishes) -> Wishes:
    """Who of `before` comes back for the same, and when."""
    interval = SHELF_REPEAT_DAYS[world.offer_shelf()[before.offer]]
    wait = interval * np.exp(INTERVAL_SPREAD * rng.normal(size=len(interval)))
    day = before.day + np.maximum(np.round(wait), 1).astype(np.int64)
    is_due = (interval > 0) & (day < world.scale.days)
    shopper, offer, day = before.shopper[is_due], before.offer[is_due], day[is_due]
    likes = np.exp(TASTE_IN_REPEAT * taste_for(world, shopper, offer))
    comes = chance(rng, np.minimum(REPEAT_RATE * likes * response(world, prices, offer, day), 0.95))
    shopper, offer, day = shopper[comes], offer[comes], day[comes]
    second = day * DAY_SECONDS + time_of_day(rng, len(day))
    return Wishes(np.zeros_like(shopper), shopper, offer, _units(rng, world, offer), second)


def _units(rng: np.random.Generator, world: World, offer: Ints) -> Ints:
    is_consumed = SHELF_REPEAT_DAYS[world.offer_shelf()[offer]] > 0
    more = np.where(is_consumed, MORE_UNITS_OF_CONSUMABLES, MORE_UNITS)
    return 1 + rng.poisson(more)


def joined(parts: list[Wishes]) -> Wishes:
    """All wishes of `parts` in one."""

    def column(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    return Wishes(*(column(name) for name in ("basket", "shopper", "offer", "units", "second")))
