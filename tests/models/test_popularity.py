"""What sells at present, in the whole market and in the categories a shopper goes to."""

import numpy as np
import pytest

from models.arrays import rows_of
from models.category_popularity import CategoryPopularity
from models.errors import ParametersInvalid
from models.interactions import Interactions
from models.popularity import Popularity, decayed_popularity
from models.recommendations import Recommendations, stored
from tests.models.markets import FORKS, NEW_FORK, SPOONS, described_tables

OLD, NEW = 10, 11


def one_of_late() -> Interactions:
    """Three old events with one product, ten days later one with another."""
    return Interactions.from_columns(
        [1, 2, 3, 4], [OLD, OLD, OLD, NEW], occurred_at=[0.0, 0.0, 0.0, 10.0]
    )


def test_each_half_life_of_age_halves_an_event() -> None:
    np.testing.assert_allclose(decayed_popularity(one_of_late(), 5.0), [0.75 / 1.75, 1 / 1.75])
    np.testing.assert_allclose(decayed_popularity(one_of_late(), 10.0), [0.6, 0.4])


@pytest.mark.parametrize(("half_life_days", "first"), [(5.0, NEW), (1_000.0, OLD)])
def test_what_sold_of_late_comes_before_what_sold_more_once(
    half_life_days: float, first: int
) -> None:
    market = one_of_late()
    best = Popularity(half_life_days).fit(market).recommend(np.array([-1]), 1).items[0, 0]
    assert market.products[best] == first


def test_a_half_life_is_positive() -> None:
    with pytest.raises(ParametersInvalid):
        Popularity(0.0).fit(one_of_late())


def test_who_lays_forks_is_offered_what_sells_of_forks_though_spoons_sell_more() -> None:
    market = described_tables()
    model = CategoryPopularity().fit(market)
    rows = np.searchsorted(market.shoppers, [30])
    best = model.recommend(rows, 3, exclude=rows_of(market.matrix, rows)).items[0]
    assert set(market.products[best]) == set(FORKS[1:])
    assert model.score(rows)[0, np.searchsorted(market.products, [*SPOONS, NEW_FORK])].sum() == 0


def test_a_served_answer_is_the_models_and_its_reason_is_of_the_same_category() -> None:
    market = described_tables()
    model = CategoryPopularity().fit(market)
    served = Recommendations.over("", model.recipe, stored(model, market))
    (best, *_) = served.for_shopper(30, 3)
    rows = np.searchsorted(market.shoppers, [30])
    assert best.score == pytest.approx(
        float(model.score(rows)[0, np.searchsorted(market.products, best.product_id)])
    )
    assert (best.reason, best.evidence_product_id) == ("bought", FORKS[0])
