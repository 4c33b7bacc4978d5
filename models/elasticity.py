"""How sales go with the price: an association within listings, with intervals that say how sure.

The constant-elasticity (log-log) model in its form for counts, which needs no logarithm of a week
without a sale (Santos Silva, Tenreyro, "The Log of Gravity", Review of Economics and Statistics 88,
2006): units ~ days × exp(listing + category's week + elasticity × log price). Listing effects take
out what makes one product sell better than another, week effects what moves a whole category. What
is left of each listing is drawn towards its category by empirical Bayes, its variances by moments
(DerSimonian, Laird, Controlled Clinical Trials 7, 1986), and the category towards the market.
Errors are robust to clustering within listings: sales of one listing hang together.

Units are those of shoppers who buy the listing for the first time. A repeat follows the price at
which the shopper was won as well as today's; counted along, repeats draw the estimates of what is
bought again and again towards zero.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from models.arrays import Float64, Int64, Mask
from models.errors import SalesInvalid
from models.shrinkage import Drawn, drawn_together

ROUNDS, SWEEPS, OWN_STEPS = 25, 6, 5
LEAST_SPREAD = 0.06  # the variance within a category, where the data tells little of it
LARGEST_STEP = 0.5
WIDEST = 1.6
"""An interval of 95 % wider than this tells a vendor nothing: the estimate is refused."""
LEAST_CREDIBILITY = 0.5
"""An estimate that was mostly lent by other categories tells of those: it is refused."""
LEAST_CHANGE = 0.02


@dataclass(frozen=True)
class Panel:
    """One row per listing, week and price, days without stock and with promotions left out.

    listing (n,) from 0; week (n,) from 0; units (n,); days (n,) above 0; log_price (n,);
    category (n_listings,) from 0.
    """

    listing: Int64
    week: Int64
    units: Float64
    days: Float64
    log_price: Float64
    category: Int64

    def __post_init__(self) -> None:
        lengths = {len(c) for c in (self.listing, self.week, self.units, self.days, self.log_price)}
        if len(lengths) > 1 or (len(self.days) and self.days.min() <= 0):
            raise SalesInvalid("A panel's columns are of one length, and its days above 0.")

    @property
    def n_listings(self) -> int:
        return len(self.category)

    @property
    def cell(self) -> Int64:
        """`(n,)` the category's week of each row."""
        weeks = int(self.week.max(initial=0)) + 1
        return self.category[self.listing] * weeks + self.week


@dataclass(frozen=True)
class Elasticities:
    """Per listing `(n_listings,)`, and per category `(n_categories,)`: estimates, standard errors.

    credibility: what part of a listing's estimate its own and its category's sales bear, 0 to 1.
    lowest, highest: the prices seen, as logarithms; NaN without any.
    """

    value: Float64
    error: Float64
    credibility: Float64
    category_value: Float64
    category_error: Float64
    lowest: Float64
    highest: Float64

    def interval(self, share: float = 0.95) -> tuple[Float64, Float64]:
        """Lower and upper ends, of `share` of the posterior."""
        reach = norm.ppf((1 + share) / 2) * self.error
        return self.value - reach, self.value + reach

    @property
    def is_refused(self) -> Mask:
        """Where nothing should be said, for one of three reasons.

        The interval is too wide, the price never changed, or what is known was lent: intervals are
        narrowest where categories chance to look alike, and fail there for those that are not.
        """
        low, high = self.interval()
        is_vague = (high - low > WIDEST) | (self.credibility < LEAST_CREDIBILITY)
        return is_vague | ~(self.highest - self.lowest > LEAST_CHANGE)


@dataclass(frozen=True)
class _Fit:
    """Expected units of each row, and its log price freed of listing and week effects."""

    expected: Float64
    contrast: Float64


def estimate(panel: Panel) -> Elasticities:
    """Estimate every listing's elasticity; a listing without sales gets its category's."""
    panel_category = panel.category[panel.listing]
    slope = _category_slopes(panel, panel_category)
    value, error = _category_errors(panel, panel_category, slope)
    return _own(panel, drawn_together(value, error))


def _category_slopes(panel: Panel, row_category: Int64) -> Float64:
    """`(n_categories,)` maximum likelihood, with both effects fitted along."""
    categories = int(panel.category.max(initial=-1)) + 1
    slope = np.full(categories, -1.0)
    for _ in range(ROUNDS):
        fit = _fitted(panel, slope[row_category])
        score = np.bincount(row_category, fit.contrast * (panel.units - fit.expected), categories)
        told = np.bincount(row_category, fit.expected * fit.contrast**2, categories)
        step = np.clip(score / np.maximum(told, 1e-9), -LARGEST_STEP, LARGEST_STEP)
        slope = slope + np.where(told > 1e-6, step, 0)
        if np.abs(step).max(initial=0) < 1e-4:
            break
    return slope


def _fitted(panel: Panel, slope: Float64) -> _Fit:
    """Listing and week effects by iterative proportional fitting, at the rows' given slopes."""
    cell = panel.cell
    offered = panel.days * np.exp(slope * panel.log_price)
    of_week = np.ones(int(cell.max(initial=-1)) + 1)
    sold, sold_in_week = np.bincount(panel.listing, panel.units), np.bincount(cell, panel.units)
    expected = offered
    for _ in range(SWEEPS):
        weighed = offered * of_week[cell]
        own = sold / np.maximum(np.bincount(panel.listing, weighed), 1e-12)
        expected = offered * own[panel.listing]
        of_week = sold_in_week / np.maximum(np.bincount(cell, expected), 1e-12)
    weighed = offered * of_week[cell]
    own = sold / np.maximum(np.bincount(panel.listing, weighed), 1e-12)
    expected = weighed * own[panel.listing]
    return _Fit(expected, _contrast(panel, cell, expected))


def _contrast(panel: Panel, cell: Int64, weight: Float64) -> Float64:
    """Log price less its weighted listing and week means, both at once by sweeping."""
    left = panel.log_price.astype(np.float64)
    for _ in range(SWEEPS):
        for group in (cell, panel.listing):
            total = np.maximum(np.bincount(group, weight), 1e-12)
            left = left - (np.bincount(group, weight * left) / total)[group]
    return left


def _category_errors(panel: Panel, row_category: Int64, slope: Float64) -> tuple[Float64, Float64]:
    """Each category's estimate and its standard error, robust to clusters within listings."""
    fit = _fitted(panel, slope[row_category])
    score, told = _by_listing(panel, fit)
    categories = len(slope)
    in_all = np.bincount(panel.category, told, categories)
    clusters = np.bincount(panel.category, told > 0, categories)
    spread = np.bincount(panel.category, score**2, categories)
    spread = np.maximum(spread * clusters / np.maximum(clusters - 1, 1), in_all)
    error = np.sqrt(spread) / np.maximum(in_all, 1e-12)
    return slope, np.where(clusters > 1, error, np.inf)


def _by_listing(panel: Panel, fit: _Fit) -> tuple[Float64, Float64]:
    n = panel.n_listings
    score = np.bincount(panel.listing, fit.contrast * (panel.units - fit.expected), n)
    told = np.bincount(panel.listing, fit.expected * fit.contrast**2, n)
    return score.astype(np.float64), told.astype(np.float64)


def _own(panel: Panel, category: Drawn) -> Elasticities:
    """Each listing drawn towards its category: Newton steps on the posterior, all at once."""
    prior = category.mean[panel.category]
    fit = _fitted(panel, prior[panel.listing])
    noise, spread = _noise_and_spread(*_by_listing(panel, fit))
    value = prior.copy()
    for _ in range(OWN_STEPS):
        score, told = _by_listing(panel, _tilted(panel, fit, (value - prior)[panel.listing]))
        gradient = score / noise - (value - prior) / spread
        value = value + np.clip(gradient / (told / noise + 1 / spread), -LARGEST_STEP, LARGEST_STEP)
    precision = told / noise + 1 / spread
    leaning = 1 / spread / precision
    variance = 1 / precision + leaning**2 * category.deviation[panel.category] ** 2
    credibility = 1 - leaning * (1 - category.credibility[panel.category])
    return Elasticities(
        value,
        np.sqrt(variance),
        credibility,
        category.mean,
        category.deviation,
        *_price_range(panel),
    )


def _price_range(panel: Panel) -> tuple[Float64, Float64]:
    lowest, highest = np.full(panel.n_listings, np.inf), np.full(panel.n_listings, -np.inf)
    np.minimum.at(lowest, panel.listing, panel.log_price)
    np.maximum.at(highest, panel.listing, panel.log_price)
    return np.where(lowest < np.inf, lowest, np.nan), np.where(highest > -np.inf, highest, np.nan)


def _tilted(panel: Panel, fit: _Fit, by: Float64) -> _Fit:
    """The fit with each row's slope moved `by` so much, its listing's total kept."""
    tilted = fit.expected * np.exp(by * fit.contrast)
    n = panel.n_listings
    total = np.maximum(np.bincount(panel.listing, tilted, n), 1e-12)
    kept = np.bincount(panel.listing, fit.expected, n) / total
    expected = tilted * kept[panel.listing]
    mean = np.bincount(panel.listing, expected * fit.contrast, n) / np.maximum(
        np.bincount(panel.listing, expected, n), 1e-12
    )
    return _Fit(expected, fit.contrast - mean[panel.listing])


def _noise_and_spread(score: Float64, told: Float64) -> tuple[float, float]:
    """How much noisier than Poisson sales are, and how elasticities differ within a category.

    Of a listing score² is `noise × told + spread × told²` on average: two moments, two unknowns.
    """
    some = told > 1e-6
    score, told = score[some], told[some]
    noise, spread = 1.0, LEAST_SPREAD
    for _ in range(10):
        if len(told) < 3:
            break
        weight = 1 / (noise + spread * told) ** 2
        design = np.array([np.ones_like(told), told])
        normal = (design * weight) @ design.T
        found = np.linalg.lstsq(normal, (design * weight) @ (score**2 / told), rcond=None)[0]
        noise, spread = max(float(found[0]), 1.0), max(float(found[1]), LEAST_SPREAD)
    return noise, spread
