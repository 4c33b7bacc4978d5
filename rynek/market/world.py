"""Who is in the market, what they like and sell: the hidden truth that behaviour follows from."""

import math
from dataclasses import dataclass

import numpy as np

from rynek.market.chance import Floats, Ints, stream, zipf_weights
from rynek.market.scale import Scale
from rynek.market.words import DEPARTMENTS, SHELVES

N_FACTORS = 8
POPULARITY_EXPONENT = 0.8
VENDOR_SIZE_EXPONENT = 0.7
OWN_CHARACTER = 0.8  # how far a product stands from its shelf's taste
SHELF_PULL = 1.6  # how strongly taste decides which shelf a shopper looks at
LATE_VENDORS = 0.12

SHELF_DEPARTMENT = np.array([DEPARTMENTS.index(shelf.department) for shelf in SHELVES])
SHELF_PRICE = np.array([shelf.price for shelf in SHELVES], dtype=np.float64)
SHELF_ELASTICITY = np.array([shelf.elasticity for shelf in SHELVES])
SHELF_REPEAT_DAYS = np.array([shelf.repeat_days for shelf in SHELVES], dtype=np.float64)


@dataclass(frozen=True)
class Vendors:
    """Arrays of shape (n_vendors,)."""

    department: Ints
    second_department: Ints
    size: Floats
    ships_within_days: Ints
    late_probability: Floats


@dataclass(frozen=True)
class Products:
    """Arrays of shape (n_products,); factors (n_products, N_FACTORS)."""

    shelf: Ints
    factors: Floats
    popularity: Floats
    price_cents: Floats
    elasticity: Floats


@dataclass(frozen=True)
class Offers:
    """Arrays of shape (n_offers,): who sells what, and at which usual price."""

    product: Ints
    vendor: Ints
    base_price_cents: Floats


@dataclass(frozen=True)
class Shoppers:
    """Arrays of shape (n_shoppers,); factors (n_shoppers, N_FACTORS); joined_day < 0: before."""

    factors: Floats
    visits_a_year: Floats
    joined_day: Ints


@dataclass(frozen=True)
class World:
    scale: Scale
    seed: int
    shelf_factors: Floats
    """(n_shelves, N_FACTORS)"""
    vendors: Vendors
    products: Products
    offers: Offers
    shoppers: Shoppers

    def offer_shelf(self) -> Ints:
        """(n_offers,) the shelf of each offer's product."""
        return self.products.shelf[self.offers.product]

    def shelf_affinity(self) -> Floats:
        """(n_shoppers, n_shelves) how each shopper is drawn to each shelf."""
        likes: Floats = self.shoppers.factors @ self.shelf_factors.T
        return likes * (SHELF_PULL / math.sqrt(N_FACTORS))


def found(scale: Scale, seed: int) -> World:
    """The market `seed` at `scale`, before anybody has come by."""
    rng = stream(seed, "world")
    shelf_factors = rng.normal(size=(len(SHELVES), N_FACTORS))
    vendors = _vendors(rng, scale)
    products = _products(rng, scale, shelf_factors)
    offers = _offers(rng, scale, vendors, products)
    return World(scale, seed, shelf_factors, vendors, products, offers, _shoppers(rng, scale))


def _vendors(rng: np.random.Generator, scale: Scale) -> Vendors:
    count = scale.vendors
    is_late = rng.random(count) < LATE_VENDORS
    return Vendors(
        department=np.arange(count) % len(DEPARTMENTS),
        second_department=rng.integers(len(DEPARTMENTS), size=count),
        size=zipf_weights(rng, count, VENDOR_SIZE_EXPONENT),
        ships_within_days=rng.integers(1, 5, size=count),
        late_probability=np.where(
            is_late, rng.uniform(0.2, 0.5, count), rng.uniform(0, 0.06, count)
        ),
    )


def _products(rng: np.random.Generator, scale: Scale, shelf_factors: Floats) -> Products:
    count = scale.products
    shelf = rng.permutation(np.arange(count) % len(SHELVES))
    own = OWN_CHARACTER * rng.normal(size=(count, N_FACTORS))
    price = SHELF_PRICE[shelf] * np.exp(0.4 * rng.normal(size=count))
    return Products(
        shelf=shelf,
        factors=shelf_factors[shelf] + own,
        popularity=zipf_weights(rng, count, POPULARITY_EXPONENT),
        price_cents=charming(price),
        elasticity=SHELF_ELASTICITY[shelf] * np.exp(0.15 * rng.normal(size=count)),
    )


def charming(price_cents: Floats) -> Floats:
    """Prices as shops like them: 12.99, and 0.89 where it is cheap."""
    step = np.where(price_cents < 1000, 10, 100)
    return np.maximum(np.round(price_cents / step) * step - 1, 49)


def _offers(rng: np.random.Generator, scale: Scale, vendors: Vendors, products: Products) -> Offers:
    """Each product once, then one for each empty shop, then more sellers of the same products."""
    product = np.arange(scale.products)
    seller = _sellers(rng, vendors, SHELF_DEPARTMENT[products.shelf])
    taken = set(zip(product.tolist(), seller.tolist(), strict=True))
    pairs = [*taken, *_openings(rng, vendors, products, taken)]
    while len(pairs) < scale.offers:
        drawn = rng.choice(scale.products, size=scale.offers, p=products.popularity)
        sellers = _sellers(rng, vendors, SHELF_DEPARTMENT[products.shelf[drawn]])
        known = set(pairs)
        pairs += [
            pair
            for pair in dict.fromkeys(zip(drawn.tolist(), sellers.tolist(), strict=True))
            if pair not in known
        ]
    sold = np.array(sorted(pairs[: scale.offers]), dtype=np.int64)
    factor = np.exp(0.06 * rng.normal(size=len(sold)))
    price = charming(products.price_cents[sold[:, 0]] * factor)
    return Offers(product=sold[:, 0], vendor=sold[:, 1], base_price_cents=price)


def _sellers(rng: np.random.Generator, vendors: Vendors, departments: Ints) -> Ints:
    """(n,) a vendor that trades in each of `departments` (n,), large ones more often."""
    sellers = np.empty(len(departments), dtype=np.int64)
    for department in range(len(DEPARTMENTS)):
        own = (vendors.department == department) | (vendors.second_department == department)
        wanted = departments == department
        weights = np.where(own, vendors.size, 0)
        sellers[wanted] = rng.choice(
            len(weights), size=wanted.sum(), p=weights / weights.sum()
        )  # fmt: skip
    return sellers


def _openings(
    rng: np.random.Generator, vendors: Vendors, products: Products, taken: set[tuple[int, int]]
) -> list[tuple[int, int]]:
    """A first product for every vendor that would have none."""
    departments = SHELF_DEPARTMENT[products.shelf]
    idle = sorted(set(range(len(vendors.size))) - {vendor for _, vendor in taken})
    return [
        (int(rng.choice(np.flatnonzero(departments == vendors.department[vendor]))), vendor)
        for vendor in idle
    ]


def _shoppers(rng: np.random.Generator, scale: Scale) -> Shoppers:
    count = scale.shoppers
    joined = rng.integers(-365, scale.days, size=count)
    joined = np.where(rng.random(count) < 0.75, -1 - np.abs(joined), np.abs(joined) % scale.days)
    return Shoppers(
        factors=rng.normal(size=(count, N_FACTORS)),
        visits_a_year=scale.visits_a_year * rng.gamma(1.3, 1 / 1.3, size=count),
        joined_day=joined,
    )
