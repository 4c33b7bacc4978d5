"""A metric: a named figure with its definition, and the norm that it is held to."""

from dataclasses import dataclass
from typing import Literal

from warehouse.metrics.measure import Measure, Total

Unit = Literal["cents", "count", "ratio", "days"]
Scope = Literal["vendor", "market"]
Better = Literal["more", "less", "neither"]
Finest = Literal["hour", "day"]

VENDOR: frozenset[Scope] = frozenset({"vendor"})
MARKET: frozenset[Scope] = frozenset({"market"})
BOTH = VENDOR | MARKET


@dataclass(frozen=True, slots=True)
class Norm:
    """What a figure is held to."""

    kind: Literal["at_most", "at_least"]
    value: float

    def is_met(self, value: float) -> bool:
        return value <= self.value if self.kind == "at_most" else value >= self.value


@dataclass(frozen=True, slots=True)
class Metric:
    """A named figure with its definition; `denominator` is None where the figure is no ratio.

    is_share        the numerator counts some of what the denominator counts: it has an interval
    window_days     the figure is of so many days up to the end of the span, whatever its beginning
    maturity_days   so long after a day its figure may still change much
    is_per_day      the denominator is taken per day of the span
    is_growth       the denominator is of as many days directly before the span
    better          which way is good news
    market          numerator and denominator for the whole market, where other marts hold them
    """

    metric_id: str
    title: str
    meaning: str
    unit: Unit
    numerator: Total
    denominator: Total | None = None
    is_share: bool = False
    window_days: int | None = None
    maturity_days: int = 0
    is_per_day: bool = False
    is_growth: bool = False
    norm: Norm | None = None
    better: Better = "more"
    scopes: frozenset[Scope] = BOTH
    market: tuple[Total, Total | None] | None = None
    owner: str = "team:data"

    def parts(self, scope: Scope) -> tuple[Total, Total | None]:
        """Numerator and denominator for one vendor or the whole market."""
        if scope == "market" and self.market:
            return self.market
        return self.numerator, self.denominator

    def measures(self, scope: Scope) -> tuple[Measure, ...]:
        return tuple(m for total in self.parts(scope) if total for m in total.measures)

    @property
    def formula(self) -> str:
        """The definition in one line: what is added up, of which mart, dated by which day."""
        return f"{in_words(self.numerator, self.denominator)}{self.basis}"

    @property
    def basis(self) -> str:
        """How the denominator is taken, where it is not simply of the same days."""
        if self.is_growth:
            return " of as many days before"
        return " per day" if self.is_per_day else ""

    @property
    def is_live(self) -> bool:
        """Whether the live tail reaches it: all of it is of rows of the span that facts replace."""
        is_of_span = self.window_days is None and not self.is_growth
        return is_of_span and all(m.is_live for m in self.measures("vendor"))

    @property
    def grain(self) -> Finest:
        """The finest that it is to be had by: a vendor's by hour where it is live, else by day."""
        return "hour" if self.is_live and "vendor" in self.scopes else "day"

    @property
    def is_per_case(self) -> bool:
        """Whether the denominator counts cases, of which there can be too few, and not money."""
        if self.denominator is None:
            return False
        return not any(m.column.endswith("_cents") for m in self.denominator.measures)

    def value(self, numerator: int, denominator: int | None, days: int = 1) -> float | int | None:
        """The figure from its parts; None where the denominator is zero. Cents round half up."""
        if denominator is None:
            return numerator
        if not denominator:
            return None
        if self.unit == "cents":
            return (2 * numerator + denominator) // (2 * denominator)
        return numerator * (days if self.is_per_day else 1) / denominator


def in_words(numerator: Total, denominator: Total | None) -> str:
    return f"({numerator}) ÷ ({denominator})" if denominator else str(numerator)
