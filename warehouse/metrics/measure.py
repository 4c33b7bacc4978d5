"""What a figure is made of: a sum or a count over one mart, dated by one of its days."""

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Aggregate = Literal["sum", "count", "count_distinct", "closing", "over_days"]

LIVE = "vendor_orders"  # the mart whose rows the live tail replaces


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate over the rows of `mart` whose day lies in a span, and for which `where` is true.

    closing     of spells [day, until_date): the sum of `column` as the span's last day left it
    over_days   of spells: the sum of `column` over every day of the span
    """

    mart: str
    day: str
    aggregate: Aggregate
    column: str
    where: str | None = None

    @property
    def is_live(self) -> bool:
        return self.mart == LIVE

    @property
    def is_of_spells(self) -> bool:
        return self.aggregate in ("closing", "over_days")

    @property
    def is_additive(self) -> bool:
        """Whether a span's figure is the sum of its days'."""
        return self.aggregate in ("sum", "count")

    def sql(self) -> str:
        """The measure as an aggregate over rows joined to spans (`first`, `last`)."""
        where = f" filter (where {self.where})" if self.where else ""
        match self.aggregate:
            case "count_distinct":
                return f"count(distinct {self.column}){where}"
            case "count":
                return f"count({self.column}){where}"
            case "sum":
                return f"coalesce(sum({self.column}){where}, 0)::bigint"
            case "closing":
                lasts = "filter (where until_date is null or until_date > last)"
                return f"coalesce(sum({self.column}) {lasts}, 0)::bigint"
            case "over_days":
                until = "least(coalesce(until_date, last + 1), last + 1)"
                days = f"({until} - greatest({self.day}, first))"
                return f"coalesce(sum({self.column} * {days}), 0)::bigint"

    def expression(self) -> pl.Expr:
        """The measure as a Polars aggregate (int64) over rows of the live mart."""
        rows = pl.col(self.column).filter(pl.col(self.where)) if self.where else pl.col(self.column)
        match self.aggregate:
            case "sum":
                return rows.sum().cast(pl.Int64)
            case "count":
                return rows.count().cast(pl.Int64)
            case "count_distinct":
                return rows.n_unique().cast(pl.Int64)
            case _:
                raise ValueError(f"{self.aggregate} is not of rows that the live tail replaces")

    def __str__(self) -> str:
        """The measure in words, as the documentation shows it."""
        name = {
            "count_distinct": f"distinct {self.column}",
            "count": "rows",
            "sum": self.column,
            "closing": f"{self.column} at the end",
            "over_days": f"{self.column} × days",
        }[self.aggregate]
        where = f" where {self.where}" if self.where else ""
        return f"{name} of {self.mart}{where}, by {self.day}"


@dataclass(frozen=True, slots=True)
class Total:
    """Measures added up, less others."""

    plus: tuple[Measure, ...]
    minus: tuple[Measure, ...] = field(default=())

    @classmethod
    def of(cls, *plus: Measure, minus: tuple[Measure, ...] = ()) -> "Total":
        return cls(plus, minus)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.plus + self.minus

    def __str__(self) -> str:
        plus, minus = (" + ".join(map(str, part)) for part in (self.plus, self.minus))
        return f"{plus} − {minus}" if minus else plus
