"""A figure with what one has to know to trust it: its parts, its interval, its maturity."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.metrics.metric import Metric

SMALL_DENOMINATOR = 30
STANDARD_SCORE = 1.959963984540054  # 95 %


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def before(self) -> "Days":
        """As many days, directly before."""
        return Days(self.first - timedelta(days=self.count), self.first - timedelta(days=1))

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric over one span, with its parts.

    interval    95 % by Wilson, for a share of at least one
    is_small    of fewer cases than SMALL_DENOMINATOR: read the interval where there is one, and do
                not trust the value
    is_mature   the span lies so far back that it will hardly change
    is_norm_met None where there is no norm or no value
    """

    numerator: int
    denominator: int | None
    value: float | int | None
    interval: tuple[float, float] | None
    is_small: bool
    is_mature: bool
    is_norm_met: bool | None

    @classmethod
    def of(
        cls, metric: Metric, numerator: int, denominator: int | None, days: Days, through: date
    ) -> "Figure":
        """The figure from its parts; `through` is the last day that is over."""
        value = metric.value(numerator, denominator, days.count)
        is_share = metric.is_share and bool(denominator)
        return cls(
            numerator=numerator,
            denominator=denominator,
            value=value,
            interval=wilson(numerator, denominator or 0) if is_share else None,
            is_small=metric.is_per_case and (denominator or 0) < SMALL_DENOMINATOR,
            is_mature=days.last + timedelta(days=metric.maturity_days) <= through,
            is_norm_met=metric.norm.is_met(value) if metric.norm and value is not None else None,
        )


def wilson(successes: int, trials: int, score: float = STANDARD_SCORE) -> tuple[float, float]:
    """The interval of Wilson (1927) for a share; it never leaves 0 to 1. `trials` is positive."""
    share = min(successes / trials, 1.0)
    weight = score**2 / trials
    middle = (share + weight / 2) / (1 + weight)
    half = score * math.sqrt(share * (1 - share) / trials + weight / (4 * trials)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)
