"""What shoppers did with products, as columns and as the matrix that models learn from."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

from models.arrays import AnyArray, Float32, Float64, Histories, Int32, Int64, Mask
from models.errors import InteractionsInvalid
from models.listings import Listings

SECONDS_PER_DAY = 86_400.0
MICROSECONDS_PER_DAY = SECONDS_PER_DAY * 1e6


@dataclass(frozen=True)
class Interactions:
    """Events between shoppers and products.

    shoppers  `(n_shoppers,)` sorted pseudonyms; a shopper's row is the position here
    products  `(n_items,)` sorted product ids; an item's column is the position here
    rows, columns, weights, days, baskets, purchases  `(n_events,)`; days since 1970 in UTC, with
        fractions; purchases flags the events that were more than a look
    listings  what is written of the products, row by row, if that is known
    """

    shoppers: Int64
    products: Int64
    rows: Int32
    columns: Int32
    weights: Float32
    days: Float64
    baskets: Int64
    purchases: Mask
    listings: Listings | None = None

    @classmethod
    def from_columns(
        cls,
        shopper_pseudonyms: npt.ArrayLike,
        product_ids: npt.ArrayLike,
        *,
        weights: npt.ArrayLike | None = None,
        occurred_at: npt.ArrayLike | None = None,
        baskets: npt.ArrayLike | None = None,
        is_purchase: npt.ArrayLike | None = None,
    ) -> Self:
        """Build from equally long columns, as NumPy or Polars gives them.

        `occurred_at` is datetimes, or numbers that mean days; without it all are equally old.
        `baskets` are integers naming what was bought together; without them each event is its own.
        `is_purchase` tells purchases from views; without it every event is a purchase.
        Raises `InteractionsInvalid`.
        """
        shopper_column = _integers("shopper_pseudonyms", shopper_pseudonyms)
        product_column = _integers("product_ids", product_ids)
        n = len(shopper_column)
        weight_column = np.ones(n, np.float32) if weights is None else _weights(weights)
        day_column = np.zeros(n) if occurred_at is None else _days(occurred_at)
        basket_column = np.arange(n) if baskets is None else _integers("baskets", baskets)
        bought_column = np.ones(n, bool) if is_purchase is None else np.asarray(is_purchase, bool)
        _refuse_unequal(
            n,
            product_ids=product_column,
            weights=weight_column,
            occurred_at=day_column,
            baskets=basket_column,
            is_purchase=bought_column,
        )
        shoppers, rows = np.unique(shopper_column, return_inverse=True)
        products, columns = np.unique(product_column, return_inverse=True)
        return cls(
            shoppers,
            products,
            rows.astype(np.int32),
            columns.astype(np.int32),
            weight_column,
            day_column,
            basket_column,
            bought_column,
        )

    @property
    def n_shoppers(self) -> int:
        return len(self.shoppers)

    @property
    def n_items(self) -> int:
        return len(self.products)

    @property
    def n_events(self) -> int:
        return len(self.rows)

    @cached_property
    def matrix(self) -> Histories:
        """`(n_shoppers, n_items)` float32: weights of repeated events summed, zeros left out."""
        shape = (self.n_shoppers, self.n_items)
        matrix = coo_array((self.weights, (self.rows, self.columns)), shape=shape).tocsr()
        matrix.eliminate_zeros()
        return matrix

    @cached_property
    def bought(self) -> Histories:
        """The same of purchases alone."""
        return self.matrix if self.purchases.all() else self.where(self.purchases).matrix

    def where(self, mask: Mask) -> Self:
        """Only the events of the mask, `(n_events,)`; the rows and columns keep their meaning."""
        return replace(
            self,
            rows=self.rows[mask],
            columns=self.columns[mask],
            weights=self.weights[mask],
            days=self.days[mask],
            baskets=self.baskets[mask],
            purchases=self.purchases[mask],
        )

    def listed(self, listings: Listings) -> Self:
        """The same events over all products that are listed, also those without any event."""
        products = np.union1d(self.products, listings.product_ids)
        columns = np.searchsorted(products, self.products)[self.columns].astype(np.int32)
        return replace(self, products=products, columns=columns, listings=listings.over(products))

    def before(self, day: float) -> Self:
        """The events strictly before a day."""
        return self.where(self.days < day)

    def window(self) -> tuple[datetime, datetime]:
        """Time of the first and of the last event, UTC."""
        if not self.n_events:
            raise InteractionsInvalid("There are no events.")
        return moment(float(self.days.min())), moment(float(self.days.max()))


def moment(day: float) -> datetime:
    """The UTC time of a day number."""
    return datetime.fromtimestamp(day * SECONDS_PER_DAY, UTC)


def day_of(at: datetime) -> float:
    """The day number of a time that carries its zone."""
    return at.timestamp() / SECONDS_PER_DAY


def _integers(name: str, values: npt.ArrayLike) -> Int64:
    column = np.asarray(values)
    if column.size == 0:
        return np.zeros(0, np.int64)
    if column.ndim != 1 or not np.issubdtype(column.dtype, np.integer):
        raise InteractionsInvalid(f"{name} must be whole numbers without gaps, not {column.dtype}.")
    return column.astype(np.int64)


def _weights(values: npt.ArrayLike) -> Float32:
    column = np.asarray(values, dtype=np.float64)
    _refuse("weights", column, ~np.isfinite(column) | (column < 0), "finite and not negative")
    return column.astype(np.float32)


def _days(values: npt.ArrayLike) -> Float64:
    column = np.asarray(values)
    if np.issubdtype(column.dtype, np.datetime64):
        _refuse("occurred_at", column, np.isnat(column), "given")
        return column.astype("datetime64[us]").astype(np.int64) / MICROSECONDS_PER_DAY
    if column.size and not np.issubdtype(column.dtype, np.number):
        raise InteractionsInvalid(f"occurred_at must be datetimes or days, not {column.dtype}.")
    days = column.astype(np.float64)
    _refuse("occurred_at", days, ~np.isfinite(days), "finite")
    return days


def _refuse_unequal(n: int, **columns: AnyArray) -> None:
    for name, column in columns.items():
        if column.shape != (n,):
            raise InteractionsInvalid(f"{name} has shape {column.shape}, shoppers have {n} rows.")


def _refuse(name: str, column: AnyArray, faulty: AnyArray, wanted: str) -> None:
    if faulty.any():
        first = int(np.argmax(faulty))
        count = int(faulty.sum())
        raise InteractionsInvalid(
            f"{name} must be {wanted}; {count} rows are not, the first is row {first}: "
            f"{column[first]}."
        )
