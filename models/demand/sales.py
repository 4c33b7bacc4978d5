"""What a set of listings sold, day by day, and on which part of each day it could be bought."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Float32, Float64, Int64, Integers, Mask
from models.errors import SalesInvalid

WEEK = 7


@dataclass(frozen=True)
class Sales:
    """Days as rows, so that a step through time touches memory that lies together.

    units          (n_days, n_listings) float32, sold
    open_share     (n_days, n_listings) float32, the part of the day in stock and on sale, 0 to 1
    category       (n_listings,) from 0
    first_weekday  of day 0; Monday is 0
    """

    units: Float32
    open_share: Float32
    category: Int64
    first_weekday: int

    def __post_init__(self) -> None:
        if self.units.shape != self.open_share.shape or self.units.shape[1:] != self.category.shape:
            raise SalesInvalid("units, open_share and category have different shapes.")
        if self.units.size and (self.units.min() < 0 or not np.isfinite(self.units).all()):
            raise SalesInvalid("Units are numbers from 0.")

    @classmethod
    def of(
        cls,
        shape: tuple[int, int],
        day: Integers,
        listing: Integers,
        units: Integers,
        category: Integers,
        first_weekday: int,
        closed: tuple[Integers, Integers, Float64] | None = None,
    ) -> "Sales":
        """Sales from long columns; `closed` is (day, listing, part of the day not to be bought)."""
        sold = np.zeros(shape, np.float32)
        np.add.at(sold, (day, listing), units)
        open_share = np.ones(shape, np.float32)
        if closed:
            np.subtract.at(open_share, closed[:2], closed[2].astype(np.float32))
        # What was sold was there to be bought, if only for a part of the day.
        np.clip(open_share, np.where(sold > 0, np.float32(0.05), 0), 1, out=open_share)
        return cls(sold, open_share, np.asarray(category, np.int64), first_weekday)

    @property
    def n_days(self) -> int:
        return len(self.units)

    @property
    def n_listings(self) -> int:
        return len(self.category)

    @property
    def is_open(self) -> Mask:
        """`(n_days, n_listings)`: days with nothing to buy say nothing about demand."""
        return self.open_share > 0

    def weekdays(self) -> Int64:
        """`(n_days,)`, Monday is 0."""
        return (self.first_weekday + np.arange(self.n_days)) % WEEK

    def until(self, day: int) -> "Sales":
        """What was known on the morning of `day`."""
        return Sales(self.units[:day], self.open_share[:day], self.category, self.first_weekday)

    def where(self, chosen: Mask) -> "Sales":
        """The listings `chosen` `(n_listings,)`."""
        return Sales(
            self.units[:, chosen],
            self.open_share[:, chosen],
            self.category[chosen],
            self.first_weekday,
        )

    def of_category(self, values: Float64) -> Float64:
        """`(n_categories,)` sums of `values` `(n_listings,)`."""
        sums = np.bincount(self.category, values, minlength=self.n_categories)
        return sums.astype(np.float64)

    @property
    def n_categories(self) -> int:
        return int(self.category.max(initial=-1)) + 1
