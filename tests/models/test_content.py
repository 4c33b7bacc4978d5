"""New listings are recommended for what is written of them."""

import numpy as np
import pytest

from models.arrays import rows_of
from models.content import ContentALS, mapped, used
from models.errors import ListingsInvalid, ParametersInvalid
from models.evaluation import Report, evaluate, temporal_split
from models.interactions import Interactions
from models.listings import Listings
from models.recommendations import Recommendations, stored
from tests.models.markets import (
    FORKS,
    NEW_FORK,
    NEW_SPOON,
    SPOONS,
    described_tables,
    listings_of,
    taste_market,
    two_tables,
)


def best(model: ContentALS, market: Interactions, shopper: int, k: int) -> list[int]:
    rows = np.searchsorted(market.shoppers, [shopper])
    ranking = model.recommend(rows, k, exclude=rows_of(market.matrix, rows))
    return [int(product) for product in market.products[ranking.items[0]]]


def test_a_fork_that_nobody_has_touched_is_offered_to_who_lays_forks() -> None:
    market = described_tables()
    model = ContentALS(factors=2, iterations=20).fit(market)
    assert set(best(model, market, 30, 4)) == {*FORKS[1:], NEW_FORK}
    assert set(best(model, market, 17, 2)) == {FORKS[0], NEW_FORK}
    assert set(best(model, market, 2, 2)) == {SPOONS[2], NEW_SPOON}


def test_without_its_text_nobody_is_offered_it() -> None:
    market = described_tables()
    silent = market.listed(listings_of(market.products, [None] * market.n_items))
    model = ContentALS(factors=2, iterations=20).fit(silent)
    assert NEW_FORK not in best(model, silent, 30, 4)


def test_a_new_listing_is_served_with_what_was_bought_as_its_reason() -> None:
    market = described_tables()
    model = ContentALS(factors=2, iterations=20).fit(market)
    served = Recommendations.over("", model.recipe, stored(model, market))
    answer = {one.product_id: one for one in served.for_shopper(17, 2)}
    assert answer[NEW_FORK].reason == "bought"
    assert answer[NEW_FORK].evidence_product_id in FORKS


def test_listings_with_the_same_single_event_are_told_apart_by_their_text() -> None:
    market = two_tables()
    mixed_up = Interactions.from_columns(
        np.append(market.shoppers[market.rows], [0, 0]),
        np.append(market.products[market.columns], [NEW_SPOON, NEW_FORK]),
        weights=np.append(market.weights, [1, 1]),
    )
    kinds = ["spoon" if p < 200 else "fork" for p in mixed_up.products.tolist()]
    listed = mixed_up.listed(listings_of(mixed_up.products, kinds))
    columns = np.searchsorted(listed.products, [NEW_SPOON, NEW_FORK])
    rows = np.searchsorted(listed.shoppers, [17, 2])
    for_forks, for_spoons = ContentALS(factors=2).fit(listed).score(rows)[:, columns]
    assert for_forks[1] > for_forks[0]
    assert for_spoons[0] > for_spoons[1]


@pytest.mark.parametrize(("lean", "is_offered"), [(0.1, True), (1_000.0, False)])
def test_the_harder_a_listing_leans_the_less_its_own_shoppers_say(
    lean: float, is_offered: bool
) -> None:
    """Six who lay spoons bought what calls itself a fork."""
    market = two_tables()
    grown = Interactions.from_columns(
        np.append(market.shoppers[market.rows], range(6)),
        np.append(market.products[market.columns], [NEW_FORK] * 6),
        weights=np.append(market.weights, np.ones(6)),
    )
    kinds = ["spoon" if p < 200 else "fork" for p in grown.products.tolist()]
    listed = grown.listed(listings_of(grown.products, kinds))
    rows = np.searchsorted(listed.shoppers, [14, 20])
    model = ContentALS(factors=2, iterations=20, lean=lean, content_regularisation=1e-3).fit(listed)
    lays_spoons, lays_forks = model.score(rows)[:, np.searchsorted(listed.products, NEW_FORK)]
    assert bool(lays_spoons > lays_forks) == is_offered


def test_who_has_many_shoppers_keeps_their_own_factors() -> None:
    market = described_tables()
    far, near = (
        ContentALS(factors=2, lean=lean).fit(market).score(np.arange(3)) for lean in (1e-6, 1e-7)
    )
    listed_long = np.isin(market.products, (*SPOONS, *FORKS))
    np.testing.assert_allclose(far[:, listed_long], near[:, listed_long], rtol=1e-3, atol=1e-4)


def test_the_map_solves_its_ridge_regression() -> None:
    rng = np.random.default_rng(0)
    content = used(described_tables().listings.content)  # type: ignore[union-attr]
    dense = content.toarray()
    factors = rng.normal(size=(dense.shape[0], 3)).astype(np.float32)
    trust = rng.random(dense.shape[0]).astype(np.float32)
    left = dense.T @ (trust[:, None] * dense) + 0.5 * np.eye(dense.shape[1])
    exact = np.linalg.solve(left, dense.T @ (trust[:, None] * factors))
    found = mapped(content, factors, trust, 0.5)
    np.testing.assert_allclose(found, exact, atol=1e-3)


def judged(described: bool) -> Report:
    """A market with tastes, a tenth of whose products first sell in the last days."""
    market = taste_market(shoppers=400)
    late = market.columns % 10 == 0
    days = np.where(late, 95.6 + market.days / 25, market.days)
    kinds = [f"taste {product % 4}" if described else None for product in range(market.n_items)]
    events = Interactions.from_columns(
        market.shoppers[market.rows], market.products[market.columns], occurred_at=days
    ).listed(listings_of(market.products, kinds))
    split = temporal_split(events, 95.5)
    return evaluate(ContentALS(factors=8).fit(split.train), split)


def test_evaluation_shows_what_content_does_for_items_never_seen() -> None:
    told, silent = judged(True).strata["item age"], judged(False).strata["item age"]
    assert told["never seen"].pairs == silent["never seen"].pairs > 100
    assert told["never seen"].recall > 2 * silent["never seen"].recall


def test_listing_products_keeps_every_event() -> None:
    market = two_tables()
    listed = market.listed(listings_of(np.array([1, 250]), ["a", "b"]))
    assert set(listed.products) == {*market.products, 1, 250}
    np.testing.assert_array_equal(listed.products[listed.columns], market.products[market.columns])
    assert listed.listings is not None
    assert listed.listings.categories[listed.products == 250] == [2]
    assert listed.listings.categories[listed.products == FORKS[0]] == [0]


def test_columns_that_do_not_fit_together_are_refused() -> None:
    two = np.array([1, 1])
    with pytest.raises(ListingsInvalid, match="twice"):
        listings_of(two, ["a", "b"])
    with pytest.raises(ListingsInvalid, match="differ in length"):
        Listings.of(two, titles=["a"], categories=[], brands=[], vendors=[], price_cents=[])


@pytest.mark.parametrize("parameter", ["lean", "content_regularisation"])
def test_parameters_are_bounded(parameter: str) -> None:
    with pytest.raises(ParametersInvalid, match=parameter):
        ContentALS(**{parameter: 0.0})
