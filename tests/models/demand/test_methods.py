"""Each method against its paper done slowly, on listings whose truth is known."""

import numpy as np
import pytest

from models.demand.croston import sba
from models.demand.pooled import pooled
from models.demand.sales import Sales
from models.demand.smoothing import smoothed
from models.demand.tsb import tsb
from models.demand.weekdays import weekday_factors
from models.errors import SalesInvalid
from tests.models.demand.sellers import DAYS, of, selling

FLAT = np.ones((7, 1))


def slow_sba(units: list[float], weight: float) -> float:
    sold = [value for value in units if value]
    size, gap, waited = sum(sold) / len(sold), len(units) / len(sold), 0
    for value in units:
        waited += 1
        if value:
            size += weight * (value - size)
            gap += weight * (waited - gap)
            waited = 0
    return (1 - weight / 2) * size / gap


def slow_tsb(units: list[float], chance_weight: float, size_weight: float) -> float:
    sold = [value for value in units if value]
    chance, size = len(sold) / len(units), sum(sold) / len(sold)
    for value in units:
        chance += chance_weight * ((value > 0) - chance)
        if value:
            size += size_weight * (value - size)
    return chance * size


@pytest.mark.parametrize("seed", range(5))
def test_the_vectorised_estimators_are_those_of_the_papers(seed: int) -> None:
    units = np.random.default_rng(seed).poisson(0.3, (40, 3)).astype(np.float32)
    units[0] = 2
    sales = of(units.T.tolist())
    for listing in range(3):
        own = units[:, listing].tolist()
        assert sba(sales, 0.1).mean[listing] == pytest.approx(slow_sba(own, 0.1))
        assert tsb(sales, 0.05, 0.1).mean[listing] == pytest.approx(slow_tsb(own, 0.05, 0.1))


@pytest.mark.parametrize("method", [sba, tsb, pooled, lambda s: smoothed(s, np.ones((7, 2)))])
def test_every_method_finds_a_steady_rate(method: "object") -> None:
    sales = selling(0.4, 3.0, days=1_000)
    assert callable(method)
    mean, variance = method(sales)
    assert mean == pytest.approx([0.4, 3.0], rel=0.3)
    assert (variance > 0).all()


@pytest.mark.parametrize("method", [sba, tsb, pooled, lambda s: smoothed(s, np.ones((7, 1)))])
def test_days_without_stock_are_no_days_without_demand(method: "object") -> None:
    """Half the days are sold out: counted as zeros they would halve the forecast."""
    sales = selling(2.0, days=1_000)
    shut = np.zeros((1_000, 1), bool)
    shut[np.random.default_rng(1).random((1_000, 1)) < 0.5] = True
    units = np.where(shut, 0, sales.units)
    censored = Sales(units, np.where(shut, 0, sales.open_share), sales.category, 0)
    counted = Sales(units, sales.open_share, sales.category, 0)
    assert callable(method)
    assert method(censored).mean[0] == pytest.approx(2.0, rel=0.2)
    assert method(counted).mean[0] < 1.5, "the control: zeros taken for demand"


@pytest.mark.parametrize("method", [sba, tsb, lambda s: smoothed(s, np.ones((7, 400)))])
def test_a_level_says_how_unsure_it_is(method: "object") -> None:
    """Of 400 listings with one truth, estimates scatter as much as each says of itself."""
    rng = np.random.default_rng(0)
    happens = rng.poisson(0.3, (DAYS, 400)) > 0
    units = (happens * rng.geometric(1 / 3, happens.shape)).astype(np.float32)
    assert callable(method)
    mean, variance = method(Sales(units, np.ones_like(units), np.zeros(400, np.int64), 0))
    assert variance.mean() == pytest.approx(mean.var(), rel=0.2)


def test_smoothing_follows_a_level_as_fast_as_its_own_errors_ask() -> None:
    sales = selling(2.0, 2.0)
    units = np.array(sales.units)
    units[-30:, 1] += 6
    steady, risen = smoothed(
        Sales(units, sales.open_share, sales.category, 0), np.ones((7, 2))
    ).mean
    assert steady == pytest.approx(2.0, rel=0.1)
    assert risen > 7


def test_what_sold_lately_says_more_of_a_thin_listing_than_what_sold_long_ago() -> None:
    days = [[1.0] * 182 + [4.0] * 182, [4.0] * 182 + [1.0] * 182]
    risen, fallen = pooled(of(days)).mean
    assert (risen, fallen) == (pytest.approx(3.4, abs=0.3), pytest.approx(1.6, abs=0.3))


def test_tsb_lets_a_listing_die_out_and_sba_does_not() -> None:
    sales = of([[1, 1, 1, 1] * 20 + [0] * 280])
    assert tsb(sales).mean[0] < 0.05
    assert sba(sales).mean[0] > 0.2


def test_a_thin_listing_is_drawn_to_its_category_and_a_thick_one_is_not() -> None:
    sales = selling(*[0.2] * 30, 5.0, 0.0, days=DAYS)
    found = pooled(sales).mean
    assert found[30] == pytest.approx(5.0, rel=0.15)
    assert 0 < found[31] < found[:30].min(), "nothing sold yet is not nothing ever"


def test_weekdays_are_found_and_thin_listings_follow_the_others() -> None:
    rng = np.random.default_rng(3)
    week = np.array([0.5, 0.5, 0.5, 1, 1, 1.5, 2.0])
    rates = np.array([5.0, 5.0, 0.05])
    units = rng.poisson(rates * week[np.arange(DAYS) % 7][:, None]).astype(np.float32)
    sales = Sales(units, np.ones_like(units), np.zeros(3, np.int64), 0)
    factors = weekday_factors(sales)
    assert factors.mean(axis=0) == pytest.approx(1)
    assert factors[:, 0] == pytest.approx(week, rel=0.15)
    assert factors[6, 2] > 1.5


def test_a_category_that_hardly_sells_follows_the_markets_week() -> None:
    week = np.array([0.5, 0.5, 0.5, 1, 1, 1.5, 2.0])
    units = np.zeros((DAYS, 2), np.float32)
    units[:, 0] = 10 * week[np.arange(DAYS) % 7]
    factors = weekday_factors(Sales(units, np.ones_like(units), np.arange(2), 0))
    assert factors[:, 1] == pytest.approx(week, rel=0.15)


def test_sales_that_are_no_numbers_or_do_not_fit_are_refused() -> None:
    units = np.ones((3, 2), np.float32)
    with pytest.raises(SalesInvalid, match="different shapes"):
        Sales(units, units, np.zeros(3, np.int64), 0)
    with pytest.raises(SalesInvalid, match="numbers from 0"):
        Sales(-units, units, np.zeros(2, np.int64), 0)


def test_a_day_with_a_sale_was_open_whatever_is_said() -> None:
    one = np.array([0])
    sales = Sales.of((2, 1), one, one, np.array([3]), one, 0, (one, one, np.array([1.0])))
    assert sales.open_share[:, 0] == pytest.approx([0.05, 1])
