"""Visits: who looks in when, and what for."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from rynek.market.chance import Flags, Floats, Ints, choose, stream
from rynek.market.seasons import YEAR, day_weights, shelf_seasons
from rynek.market.world import World

DAY_SECONDS = 86_400
OPENS_SECOND, CLOSES_SECOND = 7 * 3600, 22 * 3600
MORE_NEEDS = 0.4  # on average, beyond the first
MOST_NEEDS = 4
SEARCHED = 0.4


@dataclass(frozen=True)
class Visits:
    """Arrays of shape (n_visits,), in time; second: since the first day's midnight."""

    shopper: Ints
    day: Ints
    second: Floats


@dataclass(frozen=True)
class Needs:
    """Arrays of shape (n_needs,): what a visit was for; position counts within the visit."""

    visit: Ints
    position: Ints
    shelf: Ints
    is_searched: Flags


def visits_of(world: World, first: date) -> Visits:
    """Poisson visits by each shopper's own rate, on busy days more, not before they joined."""
    rng = stream(world.seed, "visits")
    scale, shoppers = world.scale, world.shoppers
    count = rng.poisson(shoppers.visits_a_year * scale.days / YEAR)
    shopper = np.repeat(np.arange(scale.shoppers), count)
    weights = day_weights(first, scale.days)
    day = rng.choice(scale.days, size=len(shopper), p=weights / weights.sum())
    came = day >= shoppers.joined_day[shopper]
    shopper, day = shopper[came], day[came]
    return in_time(shopper, day, time_of_day(rng, len(shopper)))


def time_of_day(rng: np.random.Generator, count: int) -> Floats:
    """(count,) seconds since midnight: shops are busiest at noon and in the evening."""
    is_evening = rng.random(count) < 0.6
    hour = np.where(is_evening, rng.normal(19.5, 1.8, count), rng.normal(12.5, 2.2, count))
    seconds: Floats = np.clip(hour * 3600, OPENS_SECOND, CLOSES_SECOND)
    return seconds + rng.uniform(0, 600, count)


def in_time(shopper: Ints, day: Ints, second_of_day: Floats) -> Visits:
    """Visits sorted by their moment."""
    second = day * DAY_SECONDS + second_of_day
    order = np.argsort(second, kind="stable")
    return Visits(shopper[order], day[order], second[order])


def needs_of(world: World, visits: Visits, first: date) -> Needs:
    """One to a few shelves per visit, by the shopper's taste and the season."""
    rng = stream(world.seed, "needs")
    count = np.minimum(1 + rng.poisson(MORE_NEEDS, len(visits.shopper)), MOST_NEEDS)
    visit = np.repeat(np.arange(len(count)), count)
    position = np.arange(len(visit)) - np.repeat(np.cumsum(count) - count, count)
    seasons = shelf_seasons(first, world.scale.days)
    pull = world.shelf_affinity()[visits.shopper[visit]] + seasons[visits.day[visit]]
    return Needs(visit, position, choose(rng, pull), rng.random(len(visit)) < SEARCHED)
