"""Prices over time: every offer changes its price now and then, and goes back to it."""

from dataclasses import dataclass

import numpy as np

from rynek.market.chance import Floats, Ints, stream
from rynek.market.world import World, charming

CHANGE_EVERY_DAYS = 28
CHANGE_PROBABILITY = 0.4
LOWEST_FACTOR, HIGHEST_FACTOR = 0.75, 1.2


@dataclass(frozen=True)
class Prices:
    """cents: (n_offers, n_periods), the price of each offer in each period of CHANGE_EVERY_DAYS."""

    cents: Ints

    def at(self, offer: Ints, day: Ints) -> Ints:
        """The price of each `offer` on each `day`, arrays of one shape."""
        return self.cents[offer, day // CHANGE_EVERY_DAYS]

    def last(self) -> Ints:
        """(n_offers,) today's prices."""
        return self.cents[:, -1]


def set_prices(world: World) -> Prices:
    """Most periods at the usual price; in the others cheaper or dearer, the same at random."""
    rng = stream(world.seed, "prices")
    periods = -(-world.scale.days // CHANGE_EVERY_DAYS)
    shape = (len(world.offers.product), periods)
    is_changed = rng.random(shape) < CHANGE_PROBABILITY
    factor = np.where(is_changed, rng.uniform(LOWEST_FACTOR, HIGHEST_FACTOR, shape), 1.0)
    usual = world.offers.base_price_cents[:, None]
    cents = np.where(is_changed, charming(usual * factor), usual)
    return Prices(cents.astype(np.int64))


def response(world: World, prices: Prices, offer: Ints, day: Ints) -> Floats:
    """Demand relative to that at the usual price: (price / usual)^elasticity, of one shape."""
    ratio = prices.at(offer, day) / world.offers.base_price_cents[offer]
    demand: Floats = ratio ** world.products.elasticity[world.offers.product[offer]]
    return demand
