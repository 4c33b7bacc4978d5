"""Names for what the world holds only as numbers: vendors, products, brands, people."""

import numpy as np
import polars as pl

from rynek.market.chance import Ints, stream
from rynek.market.words import (
    BRAND_ENDS,
    BRAND_STARTS,
    DEPARTMENTS,
    FIRST_NAMES,
    LAST_NAMES,
    PLACES,
    SHELVES,
    STYLES,
    TRADES,
    VARIANTS,
)
from rynek.market.world import SHELF_DEPARTMENT, World

BRANDS_PER_DEPARTMENT = 12
VARIED = 0.5


def vendor_names(world: World) -> list[str]:
    """(n_vendors,) unique: a place and a trade, numbered where the places run out."""
    trades = [TRADES[DEPARTMENTS[d]] for d in world.vendors.department]
    names = []
    for number, trade in enumerate(trades):
        round_, place = divmod(number // len(DEPARTMENTS), len(PLACES))
        name = f"{PLACES[(place + number) % len(PLACES)]} {trade}"
        names.append(f"{name} {round_ + 1}" if round_ else name)
    return names


def products(world: World) -> pl.DataFrame:
    """(n_products,) title, brand."""
    rng = stream(world.seed, "naming")
    shelves = world.products.shelf
    brands = _brands(rng)[SHELF_DEPARTMENT[shelves], _drawn(rng, shelves, BRANDS_PER_DEPARTMENT)]
    noun = [SHELVES[s].nouns[n % len(SHELVES[s].nouns)] for s, n in _numbered(rng, shelves)]
    style = [_of(STYLES[SHELVES[s].department], n) for s, n in _numbered(rng, shelves)]
    variant = [f", {_of(VARIANTS, n)}" for _, n in _numbered(rng, shelves)]
    is_varied = rng.random(len(shelves)) < VARIED
    return pl.DataFrame({"brand": brands, "style": style, "noun": noun, "variant": variant}).select(
        "brand",
        title=pl.concat_str("brand", "style", "noun", separator=" ")
        + pl.when(pl.Series(is_varied)).then("variant").otherwise(pl.lit("")),
    )


def shopper_names(world: World) -> list[str]:
    """(n_shoppers,) given and family names; several shoppers may share one."""
    rng = stream(world.seed, "people")
    count = world.scale.shoppers
    given, family = (
        rng.integers(len(FIRST_NAMES), size=count),
        rng.integers(len(LAST_NAMES), size=count),
    )
    return [f"{FIRST_NAMES[g]} {LAST_NAMES[f]}" for g, f in zip(given, family, strict=True)]


def _brands(rng: np.random.Generator) -> np.ndarray:
    """(n_departments, BRANDS_PER_DEPARTMENT) brand names, no two alike."""
    names = np.array([f"{start} {end}" for start in BRAND_STARTS for end in BRAND_ENDS])
    picked = rng.permutation(names)[: len(DEPARTMENTS) * BRANDS_PER_DEPARTMENT]
    return picked.reshape(len(DEPARTMENTS), BRANDS_PER_DEPARTMENT)


def _numbered(rng: np.random.Generator, shelves: Ints) -> list[tuple[int, int]]:
    drawn = _drawn(rng, shelves, 10_000)
    return list(zip(shelves.tolist(), drawn.tolist(), strict=True))


def _drawn(rng: np.random.Generator, shelves: Ints, below: int) -> Ints:
    return rng.integers(below, size=len(shelves))


def _of(words: tuple[str, ...], number: int) -> str:
    return words[number % len(words)]
