"""Stock: deliveries come in, wishes are served while there is some, and the rest is lost."""

from dataclasses import dataclass

import numpy as np

from rynek.market.chance import Flags, Ints, stream
from rynek.market.wishes import Wishes
from rynek.market.world import World

DELIVERY_EVERY_DAYS = 30
TIGHT_OFFERS = 0.2  # the share of offers whose deliveries fall short of demand
TIGHT_COVER, AMPLE_COVER = (0.35, 0.95), (1.3, 3.0)
LEAST_DELIVERY = 4


@dataclass(frozen=True)
class Stocked:
    """is_served: (n_wishes,). delivered_units: (n_offers, n_deliveries), one every so many days."""

    is_served: Flags
    delivered_units: Ints

    @property
    def received_units(self) -> Ints:
        """(n_offers,) all that ever came in."""
        received: Ints = self.delivered_units.sum(axis=1)
        return received


def serve(world: World, wishes: Wishes) -> Stocked:
    """Serve wishes in time, period by period, from what was left and what came in.

    A wish is served if all that was wished before it in its period, and itself, fit the stock.
    """
    rng = stream(world.seed, "stock")
    period = wishes.day // DELIVERY_EVERY_DAYS
    periods = -(-world.scale.days // DELIVERY_EVERY_DAYS)
    wished = _by_offer_and_period(world, wishes, period, periods)
    deliveries = _deliveries(rng, wished)
    order = np.lexsort((wishes.second, wishes.offer))
    is_served = np.zeros(len(order), dtype=bool)
    left = np.zeros(len(deliveries), dtype=np.int64)
    for number in range(periods):
        present = order[period[order] == number]
        stock = left + deliveries[:, number]
        fits = _running_units(wishes, present) <= stock[wishes.offer[present]]
        is_served[present] = fits
        sold = np.bincount(
            wishes.offer[present[fits]], wishes.units[present[fits]], minlength=len(stock)
        )
        left = stock - sold.astype(np.int64)
    return Stocked(is_served, deliveries)


def _by_offer_and_period(world: World, wishes: Wishes, period: Ints, periods: int) -> Ints:
    """(n_offers, periods) units wished."""
    offers = len(world.offers.product)
    cell = wishes.offer * periods + period
    units = np.bincount(cell, wishes.units, minlength=offers * periods)
    return units.astype(np.int64).reshape(offers, periods)


def _deliveries(rng: np.random.Generator, wished: Ints) -> Ints:
    """(n_offers, periods) units delivered: vendors order for an average period, well or badly."""
    usual = wished.mean(axis=1)
    is_tight = rng.random(len(usual)) < TIGHT_OFFERS
    cover = np.where(
        is_tight, rng.uniform(*TIGHT_COVER, len(usual)), rng.uniform(*AMPLE_COVER, len(usual))
    )
    delivered = rng.poisson((usual * cover)[:, None], size=wished.shape)
    delivered[:, 0] += np.where(is_tight, 1, LEAST_DELIVERY + rng.poisson(8, len(usual)))
    return delivered.astype(np.int64)


def _running_units(wishes: Wishes, chosen: Ints) -> Ints:
    """(n,) units wished of each chosen wish's offer so far, sorted by offer, itself included."""
    units, offer = wishes.units[chosen], wishes.offer[chosen]
    total = np.cumsum(units)
    begins = (
        np.flatnonzero(np.r_[True, offer[1:] != offer[:-1]]) if len(offer) else np.empty(0, int)
    )
    before = np.r_[0, total][begins]
    lengths = np.diff(np.r_[begins, len(offer)])
    running: Ints = total - np.repeat(before, lengths)
    return running
