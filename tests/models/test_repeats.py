"""How soon a product may be shown to its buyer again, learned from what people do."""

import numpy as np

from models.interactions import Interactions
from models.repeats import category_codes, last_bought, rest_days

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


def test_two_purchases_on_one_day_are_no_interval() -> None:
    twice = Interactions.from_columns(
        np.repeat(np.arange(30), 2), np.full(60, COFFEE), occurred_at=np.full(60, 5.25)
    )
    assert np.isinf(rest_days(twice, np.array([0]))).all()


def test_the_last_purchase_of_each_product_is_kept_and_a_look_is_none() -> None:
    market = kitchen()
    days = dict(zip(zip(*market.matrix.nonzero(), strict=True), last_bought(market), strict=True))
    assert days[0, 0] == 84.0
    assert days[0, 1] == 10.0
    assert days[30, 1] == -np.inf


def test_no_purchases_teach_nothing() -> None:
    empty = Interactions.from_columns([], [])
    assert rest_days(empty, np.zeros(0, np.int64)).tolist() == []


def test_categories_become_codes_and_what_has_none_is_0() -> None:
    products = np.array([3, 5, 7, 9])
    codes = category_codes(products, np.array([9, 3, 5]), ["Tea", "Tea", None])
    assert codes.tolist() == [1, 0, 0, 1]
