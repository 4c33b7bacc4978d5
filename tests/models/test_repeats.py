"""How soon a product may be shown to its buyer again, learned from what people do."""

import numpy as np
import pytest

from models.interactions import Interactions
from models.repeats import rest_days, resting
from tests.models.markets import KETTLES, TEAS, tea_and_kettles, two_tables

COFFEE, KETTLE = 1, 2


def kitchen() -> Interactions:
    """Thirty shoppers buy coffee every 28 days, and each one kettle; one looks at a kettle."""
    coffees = [(shopper, COFFEE, 28.0 * month) for shopper in range(30) for month in range(4)]
    kettles = [(shopper, KETTLE, 10.0) for shopper in range(30)]
    shoppers, products, days = zip(*coffees, *kettles, (99, KETTLE, 50.0), strict=True)
    is_purchase = np.array(shoppers) != 99
    return Interactions.from_columns(shoppers, products, occurred_at=days, is_purchase=is_purchase)


def test_coffee_comes_back_after_a_month_and_a_kettle_never() -> None:
    assert rest_days(kitchen(), np.array([0, 1])).tolist() == [28.0, np.inf]


def test_a_few_repeats_are_no_habit() -> None:
    few = kitchen().where(kitchen().rows < 3)
    assert np.isinf(rest_days(few, np.array([0, 1]))).all()


def test_a_quarter_of_those_who_come_back_are_sooner() -> None:
    """Forty shoppers, who come back after 1 to 40 days."""
    shoppers, returns = np.arange(40), np.arange(1.0, 41.0)
    coffee = Interactions.from_columns(
        np.tile(shoppers, 2),
        np.full(80, COFFEE),
        occurred_at=np.concatenate((np.zeros(40), returns)),
    )
    assert rest_days(coffee, np.array([0])).tolist() == [np.quantile(returns, 0.25)]


@pytest.mark.parametrize(("repeating", "is_habit"), [(24, False), (25, True)])
def test_a_habit_is_one_purchase_in_twenty_that_comes_again(repeating: int, is_habit: bool) -> None:
    shoppers = np.concatenate((np.arange(500), np.arange(repeating)))
    days = np.repeat([0.0, 30.0], (500, repeating))
    coffee = Interactions.from_columns(shoppers, np.full(len(shoppers), COFFEE), occurred_at=days)
    assert np.isfinite(rest_days(coffee, np.array([0]))).all() == is_habit


def test_two_purchases_on_one_day_are_no_interval() -> None:
    twice = Interactions.from_columns(
        np.repeat(np.arange(30), 2), np.full(60, COFFEE), occurred_at=np.full(60, 5.25)
    )
    assert np.isinf(rest_days(twice, np.array([0]))).all()


def test_no_purchases_teach_nothing() -> None:
    empty = Interactions.from_columns([], [])
    assert rest_days(empty, np.zeros(0, np.int64)).tolist() == []


def test_tea_rests_until_it_is_due_again_and_a_kettle_for_good() -> None:
    market = tea_and_kettles().before(90.0)
    # Shopper 0 bought tea on day 80, as on each twentieth day before.
    for day, is_resting in ((95.0, True), (101.0, False)):
        rests = {int(product) for product in market.products[resting(market, day)[[0]].indices]}
        assert (TEAS[0] in rests) is is_resting
        assert KETTLES[0] in rests


def test_without_categories_everything_bought_rests() -> None:
    market = two_tables()
    rests = resting(market, 1e6)
    assert rests.nnz == market.bought.nnz
    assert (rests != market.bought).nnz == 0
