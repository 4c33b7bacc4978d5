"""Elasticities against panels drawn from known ones, and against what would mislead."""

from dataclasses import replace

import numpy as np
import pytest

from models.elasticity import WIDEST, Elasticities, Panel, estimate
from models.errors import SalesInvalid

WEEKS, CATEGORIES = 52, 12


def drawn(
    seed: int, listings: int = 480, rate: float = 4.0, apart: float = 0.4
) -> tuple[Panel, np.ndarray]:
    """Listings that sell the better the cheaper they usually are, in weeks that differ."""
    rng = np.random.default_rng(seed)
    category = np.arange(listings) % CATEGORIES
    truth = rng.normal(-1.6, apart, CATEGORIES)[category] + rng.normal(0, 0.25, listings)
    usual = rng.normal(3, 1, listings)
    moved = np.where(rng.random((listings, 13)) < 0.4, rng.uniform(-0.29, 0.18, (listings, 13)), 0)
    change = np.repeat(moved, 4, axis=1)
    season = np.exp(0.5 * np.sin(np.arange(WEEKS) / 8))[None] * rng.gamma(2, 0.5, listings)[:, None]
    popular = np.exp(-2.5 * (usual - 3))[:, None]
    units = rng.poisson(rate * season * popular * 7 / 7 * np.exp(truth[:, None] * change))
    listing, week = np.divmod(np.arange(listings * WEEKS), WEEKS)
    panel = Panel(
        listing=listing,
        week=week,
        units=units.ravel().astype(np.float64),
        days=np.full(listings * WEEKS, 7.0),
        log_price=(usual[:, None] + change).ravel(),
        category=category,
    )
    return panel, truth


def covered(found: Elasticities, truth: np.ndarray, share: float) -> float:
    low, high = found.interval(share)
    return float(((low <= truth) & (truth <= high)).mean())


@pytest.mark.parametrize("seed", range(3))
def test_intervals_hold_the_truth_about_as_often_as_they_say(seed: int) -> None:
    panel, truth = drawn(seed)
    found = estimate(panel)
    assert 0.83 < covered(found, truth, 0.90) < 0.97
    assert 0.89 < covered(found, truth, 0.95) < 0.99
    assert (found.value[~found.is_refused] < 0).mean() > 0.98


def test_the_naive_regression_is_caught() -> None:
    """Without listing effects it says that what is cheap sells because it is cheap."""
    panel, truth = drawn(0)
    x, y = panel.log_price, np.log1p(panel.units)
    contrast = x - x.mean()
    slope = (contrast * y).sum() / (contrast**2).sum()
    left = y - y.mean() - slope * contrast
    error = np.sqrt((left**2).mean() / (contrast**2).sum())
    naive = Elasticities(
        np.full(len(truth), slope), np.full(len(truth), error), *(np.zeros(1),) * 5
    )
    assert covered(naive, truth, 0.95) < 0.2


def test_what_sold_little_stays_near_its_category_and_what_sold_much_speaks_for_itself() -> None:
    panel, truth = drawn(1)
    found = estimate(panel)
    units = np.bincount(panel.listing, panel.units)
    for chosen in (units < 20, units > 2_000):
        assert chosen.sum() > 10
    near = np.abs(found.value - found.category_value[panel.category])
    assert near[units < 20].mean() < 0.25 * near[units > 2_000].mean()
    assert np.abs(found.value - truth)[units > 2_000].mean() < 0.15


def test_sales_that_hang_together_leave_a_category_less_sure() -> None:
    """Each listing sells more or less for four weeks at a time, and as much over all."""
    panel, _ = drawn(0)
    rng = np.random.default_rng(1)
    moods = np.repeat(rng.gamma(1, 1, (panel.n_listings, 13)), 4, axis=1).ravel()
    shaken = replace(panel, units=rng.poisson(panel.units * moods).astype(np.float64))
    assert (estimate(shaken).category_error > 1.5 * estimate(panel).category_error).all()


def test_what_never_changed_its_price_is_refused() -> None:
    panel, _ = drawn(2)
    still = panel.listing == 0
    found = estimate(replace(panel, log_price=np.where(still, 3.0, panel.log_price)))
    assert found.is_refused[0]


def test_little_data_is_refused() -> None:
    panel, _ = drawn(3, listings=36, rate=0.02)
    assert estimate(panel).is_refused.mean() > 0.9


def test_what_only_other_categories_tell_is_refused() -> None:
    """However alike those are, and however narrow that makes the interval."""
    panel, _ = drawn(4, apart=0.05)
    is_unsold = panel.category == 3
    found = estimate(replace(panel, units=np.where(is_unsold[panel.listing], 0, panel.units)))
    low, high = found.interval()
    assert (high - low)[is_unsold].max() < WIDEST
    assert found.is_refused[is_unsold].all()
    assert not found.is_refused[~is_unsold].any()


def test_rows_without_a_day_are_no_panel() -> None:
    panel, _ = drawn(0, listings=24)
    with pytest.raises(SalesInvalid, match="days above 0"):
        replace(panel, days=np.zeros(len(panel.days)))
