"""Judging forecasts by what came after: rolling origins, scaled errors, quantile losses.

Hyndman, Koehler, "Another look at measures of forecast accuracy", International Journal of
Forecasting 22 (2006): MASE and its squared sister RMSSE, scaled by the seasonal naive forecast's
error on the past. Pinball losses are scaled alike, as in the M5 uncertainty competition
(Makridakis et al., International Journal of Forecasting 38, 2022).

A point is judged by the loss it is the best answer to (Gneiting, "Making and evaluating point
forecasts", Journal of the American Statistical Association 106, 2011): the median by absolute
errors, the mean by squared ones. The mean's absolute error is told beside it; where most days are
zero it falls the lower a mean is, and is least at nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Float64, Mask
from models.demand.quantiles import pinball
from models.demand.sales import WEEK, Sales

MEDIAN = 0.5
SHARES = (0.25, MEDIAN, 0.75, 0.9, 0.95)


@dataclass(frozen=True)
class Answer:
    """What a method says of the days ahead: means `(days, n)`, and quantiles by their share."""

    mean: Float64
    quantiles: dict[float, Float64]


@dataclass(frozen=True)
class Scores:
    """Arrays `(n_listings,)`; NaN where a past without sales gives no scale.

    mase is the median's, or the mean's of a method that has no median.
    """

    mase: Float64
    mase_of_mean: Float64
    rmsse: Float64
    pinball: Float64


Method = Callable[[Sales, int], Answer]


def origins(sales: Sales, horizon: int, count: int) -> list[int]:
    """The first days ahead of `count` windows of `horizon` days that end with the data."""
    return [sales.n_days - horizon * back for back in range(count, 0, -1)]


def score(past: Sales, future: Sales, answer: Answer) -> Scores:
    """Judge one origin on the days and listings that were open; NaN where none was."""
    is_open = future.open_share >= 1
    actual = future.units.astype(np.float64)
    scale = _scale(past)
    median = answer.quantiles.get(MEDIAN, answer.mean)
    absolute = _mean(np.abs(actual - median), is_open)
    absolute_of_mean = _mean(np.abs(actual - answer.mean), is_open)
    squared = _mean((actual - answer.mean) ** 2, is_open)
    losses = [
        _mean(pinball(share, actual, quantile), is_open)
        for share, quantile in answer.quantiles.items()
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        return Scores(
            mase=absolute / scale[0],
            mase_of_mean=absolute_of_mean / scale[0],
            rmsse=np.sqrt(squared) / scale[1],
            pinball=np.mean(losses, axis=0) / scale[0]
            if losses
            else np.full(len(absolute), np.nan),
        )


def rolled(sales: Sales, method: Method, horizon: int, count: int) -> Scores:
    """Each listing's scores, averaged over the origins."""
    parts = []
    for day in origins(sales, horizon, count):
        past = sales.until(day)
        parts.append(score(past, _after(sales, day, horizon), method(past, horizon)))
    return Scores(
        *(_averaged([getattr(part, name) for part in parts]) for name in Scores.__annotations__)
    )


def _after(sales: Sales, day: int, horizon: int) -> Sales:
    window = slice(day, day + horizon)
    weekday = (sales.first_weekday + day) % WEEK
    return Sales(sales.units[window], sales.open_share[window], sales.category, weekday)


def _scale(past: Sales) -> tuple[Float64, Float64]:
    """Mean absolute and root mean squared error of last week's day, where both were open."""
    both = (past.open_share[WEEK:] >= 1) & (past.open_share[:-WEEK] >= 1)
    change = (past.units[WEEK:] - past.units[:-WEEK]).astype(np.float64)
    absolute, squared = _mean(np.abs(change), both), _mean(change**2, both)
    absolute[absolute == 0], squared[squared == 0] = np.nan, np.nan
    return absolute, np.sqrt(squared)


def _mean(values: Float64, counted: Mask) -> Float64:
    days = counted.sum(axis=0).astype(np.float64)
    days[days == 0] = np.nan
    mean: Float64 = np.where(counted, values, 0).sum(axis=0) / days
    return mean


def _averaged(scores: Sequence[Float64]) -> Float64:
    found = np.array(scores)
    counted = np.isfinite(found)
    return _mean(np.where(counted, found, 0), counted)
