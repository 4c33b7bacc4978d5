"""A shop of teas and books, a model that knows who drinks and who reads, and how to ask it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from models import artifacts
from models.als import ALS
from models.artifacts import Artifact
from models.interactions import Interactions
from models.recommendations import KIND, stored
from models.recommender import Recommender
from tests.models.markets import listings_of
from tests.serving.market import Market, at

TEA_DRINKER, READER = 11, 12
TEAS, BOOKS = (1, 2, 3, 4), (5, 6, 7, 8)
NEW_TEA = 9


def train(
    home: Path, seed: int = 1, *, model: Recommender | None = None, is_promoted: bool = True
) -> Artifact:
    """A world of tea drinkers and readers: each bought all of their kind but one or two."""
    bought = [
        (shopper, product)
        for shopper in range(20, 60)
        for product in (TEAS if shopper % 2 else BOOKS)
        if product != 1 + shopper % 8
    ]
    bought += [(TEA_DRINKER, 1), (TEA_DRINKER, 2), (READER, 5), (READER, 6)]
    shoppers, products = zip(*bought, strict=True)
    listed = (*TEAS, *BOOKS, NEW_TEA)
    kinds = ["book" if product in BOOKS else "tea" for product in listed]
    events = Interactions.from_columns(shoppers, products)
    interactions = events.listed(listings_of(np.array(listed), kinds))
    artifact = learned(home, interactions, model or ALS(factors=4, seed=seed), seed)
    return (
        artifacts.promote(home / "artifacts", KIND, artifact.version) if is_promoted else artifact
    )


def learned(home: Path, events: Interactions, model: Recommender, seed: int = 1) -> Artifact:
    """A model of these events, stored and not yet live."""
    return artifacts.write(
        home / "artifacts",
        KIND,
        recipe=model.recipe,
        parameters={},
        seed=seed,
        data_window=(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
        metrics={},
        parent=None,
        arrays=stored(model.fit(events), events),
    )


def tea_house(folder: Path) -> Market:
    """One vendor with all of it; not yet published."""
    market = Market(folder)
    market.vendor(1, "Tea House")
    for product in (*TEAS, *BOOKS):
        market.offer(product, 1)
    market.order(1, at("2026-11-20"), 8, 8, 8, shopper=99)
    market.order(1, at("2026-11-20"), 4, shopper=98)
    return market


def ask(
    client: httpx.Client, shopper: int | None = None, k: int = 3, occasion: str = ""
) -> dict[str, Any]:
    """Home's recommendations, or those of another occasion such as `/buy-again`."""
    named = {} if shopper is None else {"shopper_pseudonym": shopper}
    address = httpx.URL(f"/v1/recommendations{occasion}").copy_merge_params({"k": k, **named})
    answer: dict[str, Any] = client.get(address).raise_for_status().json()
    return answer


def products(answer: dict[str, Any]) -> list[int]:
    return [int(item["product_id"].removeprefix("prd_")) for item in answer["items"]]
