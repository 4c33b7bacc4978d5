"""Small markets whose right answers a child can see."""

from collections.abc import Sequence

import numpy as np

from models.arrays import Int64
from models.interactions import Interactions
from models.listings import Listings

SPOONS, FORKS = (100, 101, 102, 103), (200, 201, 202, 203)


def two_tables() -> Interactions:
    """Sixteen shoppers lay spoons, eight lay forks; each lacks one piece of the set. Nobody mixes.

    Shopper 16 and 24 bought a single piece; product 300 was listed and never bought.
    """
    rows = [
        (shopper, piece)
        for shopper in range(16)
        for piece in SPOONS
        if piece != SPOONS[shopper % 4]
    ]
    rows += [
        (17 + shopper, piece)
        for shopper in range(8)
        for piece in FORKS
        if piece != FORKS[shopper % 4]
    ]
    rows += [(16, SPOONS[0]), (30, FORKS[0])]
    listed_only = (30, 300)
    shoppers, products = zip(*rows, listed_only, strict=True)
    weights = np.ones(len(shoppers))
    weights[-1] = 0.0
    days = 100.0 + np.arange(len(shoppers)) / 10
    baskets = np.array(shoppers)
    return Interactions.from_columns(
        shoppers, products, weights=weights, occurred_at=days, baskets=baskets
    )


def listings_of(products: Int64, categories: Sequence[str | None]) -> Listings:
    """Listings of which nothing but the category is written."""
    nothing = [None] * len(products)
    return Listings.of(
        products,
        titles=nothing,
        categories=categories,
        brands=nothing,
        vendors=nothing,
        price_cents=nothing,
    )


NEW_SPOON, NEW_FORK = 104, 204


def described_tables() -> Interactions:
    """`two_tables`, with two pieces that nobody has touched yet; everything says what it is."""
    market = two_tables()
    products = np.append(market.products, [NEW_SPOON, NEW_FORK])
    kinds = ["spoon" if p < 200 else "fork" if p < 300 else "doormat" for p in products.tolist()]
    return market.listed(listings_of(products, kinds))


TEAS, KETTLES = range(1, 13), range(21, 24)


def tea_and_kettles(shoppers: int = 120) -> Interactions:
    """Everybody buys tea again each twentieth day; many kettles at once, and never another.

    By frequency a kettle is ahead of the tea.
    """
    rows = []
    for shopper in range(shoppers):
        tea, kettle = TEAS[shopper % len(TEAS)], KETTLES[shopper % len(KETTLES)]
        first = shopper % 20
        rows += [(shopper, tea, first + 20.0 * time) for time in range(6)]
        rows += [(shopper, kettle, 10.0 + shopper % 7)] * 16
    who, what, when = zip(*rows, strict=True)
    market = Interactions.from_columns(who, what, occurred_at=np.array(when) + 0.5)
    kinds = ["tea" if product in TEAS else "kettle" for product in market.products.tolist()]
    return market.listed(listings_of(market.products, kinds))


def taste_market(
    *, shoppers: int = 300, products: int = 120, tastes: int = 4, events: int = 12, seed: int = 0
) -> Interactions:
    """Each shopper has one taste and mostly buys its products, over 100 days, skewed by rank."""
    rng = np.random.default_rng(seed)
    taste_of_product = np.arange(products) % tastes
    appeal = 1 / (1 + np.arange(products) // tastes)
    rows = []
    for shopper in range(shoppers):
        chances = appeal * np.where(taste_of_product == shopper % tastes, 1.0, 0.05)
        bought = rng.choice(products, events, replace=False, p=chances / chances.sum())
        rows += [(shopper, product) for product in bought]
    shopper_column, product_column = np.array(rows).T
    days = rng.uniform(0, 100, len(rows))
    return Interactions.from_columns(
        shopper_column + 1_000, product_column + 5_000, occurred_at=days
    )
