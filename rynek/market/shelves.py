"""Stock: deliveries come in, wishes are served while there is some, and the rest is lost."""

from collections.abc import Iterator
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
    """Serve wishes in time: those whose units are still there. The others are lost."""
    rng = stream(world.seed, "stock")
    period = wishes.day // DELIVERY_EVERY_DAYS
    periods = -(-world.scale.days // DELIVERY_EVERY_DAYS)
    deliveries = _deliveries(rng, _by_offer_and_period(world, wishes, period, periods))
    received, sold = deliveries.cumsum(axis=1), np.zeros(len(deliveries), dtype=np.int64)
    is_served = np.zeros(len(wishes.offer), dtype=bool)
    for turn in _turns(wishes):
        offer, units = wishes.offer[turn], wishes.units[turn]
        fits = sold[offer] + units <= received[offer, period[turn]]
        sold[offer] += np.where(fits, units, 0)
        is_served[turn] = fits
    return Stocked(is_served, deliveries)


def _turns(wishes: Wishes) -> Iterator[Ints]:
    """Every offer's first wish, then every offer's second one, and so on."""
    order = np.lexsort((wishes.second, wishes.offer))
    offer = wishes.offer[order]
    rank = np.arange(len(order)) - np.searchsorted(offer, offer)
    by_rank = order[np.argsort(rank, kind="stable")]
    yield from np.split(by_rank, np.cumsum(np.bincount(rank))[:-1])


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
