"""Who gets seen: shares by size of vendor."""

import numpy as np
import pytest

from models.als import ALS
from models.exposure import attention, report, vendors_shown
from models.guard_rails import Shelf
from models.recommendations import Recommendations, stored
from tests.models.markets import taste_market

SALES = np.array([60.0, 30.0, 8.0, 2.0, 0.0])
SEEN = np.array([10.0, 10.0, 0.0, 5.0, 0.0])


def test_vendors_are_told_apart_by_what_they_sell() -> None:
    found = report(SALES, {"impressions": SEEN}, "impressions")
    large, middle, small = found.bands
    assert [band.vendors for band in found.bands] == [1, 1, 3]
    assert large.shares == {"sales": 0.6, "impressions": 0.4}
    assert middle.shares == {"sales": pytest.approx(0.3), "impressions": pytest.approx(0.4)}
    assert small.shares == {"sales": pytest.approx(0.1), "impressions": pytest.approx(0.2)}
    assert [band.never_shown for band in found.bands] == [0, 0, 2]
    seldom = report(SALES, {"impressions": SEEN / 100}, "impressions")
    assert [band.never_shown for band in seldom.bands] == [0, 0, 2]


def test_equal_shares_have_no_inequality() -> None:
    found = report(SALES, {"impressions": np.ones(5)}, "impressions")
    assert found.ginis["impressions"] == pytest.approx(0)
    assert found.ginis["sales"] > 0.5


def test_nothing_sold_and_nothing_shown_are_shares_of_nothing() -> None:
    found = report(np.zeros(3), {"lists": np.zeros(3)}, "lists")
    assert {share for band in found.bands for share in band.shares.values()} == {0.0}


def test_a_lower_place_gets_less_attention() -> None:
    given = attention([[7, 9, 7], [9]], np.array([5, 7, 9]))
    np.testing.assert_allclose(given, [0, 1 + 1 / 2, 1 / np.log2(3) + 1])


def test_lists_are_shown_as_the_policy_arranges_them() -> None:
    market = taste_market(shoppers=60)
    arrays = stored(ALS(factors=4, iterations=2).fit(market), market)
    # One vendor has four products in five.
    vendors = np.where(np.arange(market.n_items) % 5 == 0, np.arange(market.n_items), 1_000)
    shelf = Shelf.of(market.products, vendors)
    lists = vendors_shown(Recommendations.over("", "ials", arrays), shelf, {}, 10, 0)
    assert len(lists) == 60
    assert all(len(shown) == 10 and shown.count(1_000) == 3 for shown in lists)


def test_only_who_has_something_on_the_shelf_is_shown() -> None:
    market = taste_market(shoppers=60)
    model = Recommendations.over(
        "", "ials", stored(ALS(factors=4, iterations=2).fit(market), market)
    )
    shelf = Shelf.of(market.products[::2], np.arange(market.n_items)[::2])
    lists = vendors_shown(model, shelf, {}, 5, 0)
    assert {vendor % 2 for shown in lists for vendor in shown} == {0}
