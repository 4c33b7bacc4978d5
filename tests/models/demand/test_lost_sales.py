"""What stock-outs cost, told of sales whose truth is known."""

import numpy as np
import pytest

from models.demand.lost_sales import LostSales, lost_sales
from models.demand.sales import Sales

DAYS, LISTINGS, SPELL = 280, 400, 14


def shut(seed: int) -> tuple[Sales, np.ndarray]:
    """Listings of unlike rates in a growing market, each sold out for two weeks somewhere."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.8, 0.4, LISTINGS)
    growth = 1 + np.arange(DAYS)[:, None] / DAYS
    wished = rng.poisson(rate * growth, (DAYS, LISTINGS)).astype(np.float32)
    begins = rng.integers(14, DAYS - 2 * SPELL, LISTINGS)
    day = np.arange(DAYS)[:, None]
    is_out = (day >= begins) & (day < begins + SPELL)
    open_share = np.where(is_out, 0, 1).astype(np.float32)
    category = np.arange(LISTINGS) % 4
    return Sales(wished * open_share, open_share, category, 0), (wished * is_out).sum(axis=0)


def emptied(rate: float, seed: int) -> tuple[Sales, np.ndarray]:
    """Listings that sell out: every 28 days as much comes in as is wished in 21."""
    rng = np.random.default_rng(seed)
    wished = rng.poisson(rate, (DAYS, LISTINGS)).astype(np.float32)
    came = rng.poisson(rate * 21, (DAYS // 28, LISTINGS)) + (np.arange(DAYS // 28) == 0)[:, None]
    units, open_share = np.zeros_like(wished), np.zeros_like(wished)
    left = np.zeros(LISTINGS)
    for day in range(DAYS):
        left += came[day // 28] if day % 28 == 0 else 0
        open_share[day] = left > 0
        units[day] = np.minimum(wished[day], left)
        left -= units[day]
    sales = Sales(units, open_share, np.zeros(LISTINGS, np.int64), 0)
    return sales, np.where(open_share > 0, 0, wished).sum(axis=0)


@pytest.mark.parametrize("rate", [0.003, 0.03, 0.3])
def test_the_sale_that_emptied_a_shelf_does_not_speak_for_the_days_after(rate: float) -> None:
    sales, truth = emptied(rate, seed=0)
    assert truth.sum() > 50
    assert lost_sales(sales).since(0).mean.sum() == pytest.approx(truth.sum(), rel=0.4)


@pytest.mark.parametrize("seed", range(3))
def test_lost_sales_are_found_and_their_intervals_hold(seed: int) -> None:
    sales, truth = shut(seed)
    found = lost_sales(sales).since(0)
    assert found.mean.sum() == pytest.approx(truth.sum(), rel=0.1)
    within = (found.quantile(0.025) <= truth) & (truth <= found.quantile(0.975))
    assert within.mean() > 0.92
    assert (found.closed_days == SPELL).all()


def test_the_average_of_all_days_is_caught() -> None:
    """The control: days sold out counted as days without demand tell too low a rate."""
    sales, truth = shut(0)
    naive = sales.units.mean(axis=0) * SPELL
    ours = lost_sales(sales).since(0).mean
    assert abs(naive.sum() - truth.sum()) > 2 * abs(ours.sum() - truth.sum())


def test_what_was_always_there_lost_nothing() -> None:
    sales, _ = shut(0)
    whole = Sales(sales.units, np.ones_like(sales.open_share), sales.category, 0)
    assert lost_sales(whole).since(0).mean.sum() == 0


def test_only_the_days_asked_for_are_counted() -> None:
    sales, _ = shut(0)
    found = lost_sales(sales)
    late, all_days = found.since(140), found.since(0)
    assert 0 < late.mean.sum() < all_days.mean.sum()
    assert all_days.mean == pytest.approx(found.mean.sum(axis=0))


def test_a_listing_that_was_not_there_yet_lost_nothing() -> None:
    sales, _ = shut(0)
    late = np.array(sales.open_share)
    late[:100, 0] = 0
    sold = np.where(late > 0, sales.units, 0)
    found = lost_sales(Sales(sold, late, sales.category, 0))
    assert found.closed[:100, 0].sum() == 0
    assert found.mean[:100, 0].sum() == 0


def test_what_is_not_known_of_a_spells_rate_adds_up_over_its_days() -> None:
    two_days = np.ones((2, 1))
    found = LostSales(two_days, two_days / 2, two_days, np.full(1, 3.0)).since(0)
    assert (found.mean[0], found.variance[0]) == (2, 3 * (2 + 1**2))


def test_a_spell_in_the_season_costs_what_the_season_sells() -> None:
    """A whole category sells four times as much for five weeks; 40 of its listings are out."""
    rng = np.random.default_rng(0)
    season = np.where((np.arange(DAYS) // 35 == 4)[:, None], 4.0, 1.0)
    wished = rng.poisson(0.3 * season, (DAYS, LISTINGS)).astype(np.float32)
    is_out = np.zeros((DAYS, LISTINGS), bool)
    is_out[150:164, :40] = True
    open_share = np.where(is_out, 0, 1).astype(np.float32)
    found = lost_sales(Sales(wished * open_share, open_share, np.zeros(LISTINGS, np.int64), 0))
    truth = (wished * is_out).sum()
    assert found.since(0).mean.sum() == pytest.approx(truth, rel=0.2)
