"""What a product cost at a moment of the past."""

import numpy as np
import pytest

from models.listings import Listings
from models.prices import PriceSteps

STEPS = PriceSteps.of([7, 5, 7, 7], [30.0, 12.5, 10.0, 20.0], [300, 900, 100, 200])


def listings() -> Listings:
    """Products 5, 6 and 7 as they are today."""
    nothing = [None] * 3
    return Listings.of(
        [7, 6, 5],
        titles=nothing,
        categories=nothing,
        brands=nothing,
        vendors=nothing,
        price_cents=[400, None, 950],
        steps=STEPS,
    )


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (15.0, (900, 0, 100)),
        (20.0, (900, 0, 200)),
        (29.9, (900, 0, 200)),
        (99.0, (900, 0, 300)),
        # Nobody knows what a thing cost before it was first priced: that first price, then.
        (-np.inf, (900, 0, 100)),
    ],
)
def test_the_last_step_up_to_a_day_holds(day: float, expected: tuple[int, ...]) -> None:
    cents = np.where(np.array(expected) > 0, np.exp(listings().prices_on(day)), 0)
    np.testing.assert_allclose(cents, expected, rtol=1e-5)


def test_what_never_changed_costs_what_it_costs_today() -> None:
    few = listings().over(np.array([5, 6, 8]))
    np.testing.assert_allclose(few.prices_on(5.0), [np.log(900), 0, 0], rtol=1e-5)
    without = PriceSteps.of([], [], [])
    np.testing.assert_array_equal(
        without.on(5.0, np.array([1, 2]), np.array([1, 2], np.float32)), [1, 2]
    )
