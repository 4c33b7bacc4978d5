"""How long one shopper waits for a ranked list: the ranker beside iALS alone, on one catalogue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console

from models.interactions import Interactions
from models.listings import Listings
from models.ranker import SOURCES
from models.recommendations import Recommendations, stored
from models.registry import recommender
from rynek.bench.report import Report, Row, percentile

POOL, CLICKS = 100, 5
GOAL_MILLISECONDS = 20.0
FACTORS = {"factors": 64, "iterations": 2}
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "ials": FACTORS,
    "ranker": {"sources": {**{name: {} for name in SOURCES}, "content_ials": FACTORS}},
}


@dataclass(frozen=True)
class Shape:
    """How large the catalogue and its history are."""

    items: int
    shoppers: int
    events: int
    asked: int
    categories: int = 200


LARGE = Shape(100_000, 20_000, 400_000, 500)
SMALL = Shape(2_000, 1_000, 20_000, 50)


def measure(progress: Console, *, is_quick: bool = False, seed: int = 0) -> Report:
    """Milliseconds of the model's part of an answer: half of them, and 99 in a hundred."""
    shape = SMALL if is_quick else LARGE
    market = _market(shape, np.random.default_rng(seed))
    taken = {recipe: _milliseconds(recipe, market, shape, progress) for recipe in RECIPES}
    scale = f"{shape.items:,} products, {shape.events:,} events, {shape.asked} shoppers asked"
    return Report("answers", scale, tuple(_rows(taken)))


def _rows(taken: dict[str, list[float]]) -> Iterator[Row]:
    alone, ranked = (taken[recipe] for recipe in RECIPES)
    for percent in (50, 99):
        value, peer = percentile(ranked, percent), percentile(alone, percent)
        goal, met = (f"≤ {GOAL_MILLISECONDS:.0f} ms", value <= GOAL_MILLISECONDS)
        name = f"ranked list, p{percent}"
        yield Row(name, value, "ms", "ials alone", peer, *((goal, met) if percent == 99 else ()))


def _milliseconds(
    recipe: str, market: Interactions, shape: Shape, progress: Console
) -> list[float]:
    with progress.status(f"training {recipe}"):
        model = recommender(recipe, RECIPES[recipe]).fit(market)
        served = Recommendations.over("", recipe, stored(model, market))
    rng = np.random.default_rng(1)
    available = rng.random(market.n_items) < 0.9
    shoppers = rng.choice(market.shoppers, shape.asked)
    clicks = rng.choice(market.products, (shape.asked, CLICKS))
    taken = []
    with progress.status(f"asking {recipe}"):
        for shopper, clicked in zip(shoppers.tolist(), clicks.tolist(), strict=True):
            begin = perf_counter()
            served.for_shopper(shopper, POOL, available=available, recent_views=clicked)
            taken.append(1000 * (perf_counter() - begin))
    return taken


def _market(shape: Shape, rng: np.random.Generator) -> Interactions:
    """Tastes for categories, popularity by rank, a history of a hundred days."""
    products = np.arange(shape.items)
    category = rng.integers(0, shape.categories, shape.items)
    by_category = np.argsort(category, kind="stable")
    begins = np.searchsorted(category[by_category], np.arange(shape.categories + 1))
    shoppers = rng.integers(0, shape.shoppers, shape.events)
    liked = (shoppers * 7 + rng.geometric(0.5, shape.events)) % shape.categories
    depth = rng.random(shape.events) ** 3
    places = begins[liked] + (depth * (begins[liked + 1] - begins[liked])).astype(np.int64)
    events = Interactions.from_columns(
        shoppers,
        by_category[np.minimum(places, shape.items - 1)],
        occurred_at=rng.uniform(0, 100, shape.events),
        is_purchase=rng.random(shape.events) < 0.3,
    )
    names = [f"category {code}" for code in category.tolist()]
    return events.listed(
        Listings.of(
            products,
            titles=names,
            categories=names,
            brands=[f"brand {code % 97}" for code in products.tolist()],
            vendors=(products % 1_000).tolist(),
            price_cents=rng.integers(100, 20_000, shape.items).tolist(),
        )
    )
