"""Browsing: for each need a list is shown, some of it is clicked, some of that is put in the cart.

The chance of a cart follows the price with exactly the product's elasticity, as long as it stays
below certainty: so the elasticities of the world are the ones that can be found in the data.
"""

from dataclasses import dataclass

import numpy as np

from rynek.market.chance import Flags, Floats, Ints, chance, stream
from rynek.market.prices import Prices, response
from rynek.market.visits import Needs, Visits
from rynek.market.world import N_FACTORS, World

CANDIDATES = 24
SHOWN = 5
TASTE_IN_LIST, TASTE_IN_CLICK, TASTE_IN_CART = 0.7, 0.8, 0.45
CLICK_BIAS = -1.8
POSITION_DECAY = 0.12
CART_RATE = 0.15
MOST_LIKELY_CART = 0.95
CHECKOUT_RATE = 0.7


@dataclass(frozen=True)
class Lists:
    """What was shown for each need, best first; shapes (n_needs, SHOWN), is_bought (n_needs,).

    is_bought: the visit ended at the checkout. A shelf with few offers leaves places empty:
    is_shown says which are filled.
    """

    offer: Ints
    is_shown: Flags
    is_clicked: Flags
    is_carted: Flags
    is_bought: Flags


def browse(world: World, prices: Prices, visits: Visits, needs: Needs) -> Lists:
    """Show, click, and put in the cart."""
    rng = stream(world.seed, "browsing")
    offer, is_shown, taste = _shown(rng, world, visits, needs)
    seen = np.exp(-POSITION_DECAY * np.arange(SHOWN))
    click = seen / (1 + np.exp(-(CLICK_BIAS + TASTE_IN_CLICK * taste)))
    is_clicked = is_shown & chance(rng, click)
    day = np.broadcast_to(visits.day[needs.visit][:, None], offer.shape)
    cart = CART_RATE * np.exp(TASTE_IN_CART * taste) * response(world, prices, offer, day)
    is_carted = is_clicked & chance(rng, np.minimum(cart, MOST_LIKELY_CART))
    checks_out = rng.random(len(visits.shopper)) < CHECKOUT_RATE
    return Lists(offer, is_shown, is_clicked, is_carted, checks_out[needs.visit])


def _shown(
    rng: np.random.Generator, world: World, visits: Visits, needs: Needs
) -> tuple[Ints, Flags, Floats]:
    """The list of each need, whether each place is filled, and the shopper's taste for it."""
    drawn = _candidates(rng, world, needs.shelf)
    likes = taste_for(world, visits.shopper[needs.visit][:, None], drawn)
    score = TASTE_IN_LIST * likes + rng.gumbel(size=drawn.shape)
    is_repeated = np.zeros(drawn.shape, dtype=bool)
    is_repeated[:, 1:] = drawn[:, 1:] == drawn[:, :-1]
    score[is_repeated] = -np.inf
    best = np.argsort(-score, axis=1, kind="stable")[:, :SHOWN]
    picked = np.take_along_axis(score, best, axis=1)
    return (
        np.take_along_axis(drawn, best, axis=1),
        np.isfinite(picked),
        np.take_along_axis(likes, best, axis=1),
    )


def _candidates(rng: np.random.Generator, world: World, shelf: Ints) -> Ints:
    """(n_needs, CANDIDATES) offers of each shelf, popular ones more often, sorted in the row."""
    offer_shelf = world.offer_shelf()
    by_shelf = np.argsort(offer_shelf, kind="stable")
    weight = world.products.popularity[world.offers.product[by_shelf]]
    reached = np.concatenate([[0.0], np.cumsum(weight)])
    begin = np.searchsorted(offer_shelf[by_shelf], shelf, side="left")
    end = np.searchsorted(offer_shelf[by_shelf], shelf, side="right")
    low, high = reached[begin][:, None], reached[end][:, None]
    point = low + (high - low) * rng.random((len(shelf), CANDIDATES))
    place = np.searchsorted(reached, point, side="right") - 1
    return np.sort(by_shelf[np.clip(place, begin[:, None], end[:, None] - 1)], axis=1)


def taste_for(world: World, shopper: Ints, offer: Ints) -> Floats:
    """How much each `shopper` likes each `offer`, arrays that broadcast; about standard normal."""
    factors = world.products.factors[world.offers.product[offer]]
    likes: Floats = np.einsum("...k,...k->...", world.shoppers.factors[shopper], factors)
    standard: Floats = likes / np.sqrt(2 * N_FACTORS)
    return standard
