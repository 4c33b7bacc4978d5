"""Tax by the destination's country, the product's category and the day. Prices include it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

Subject = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class TaxRate:
    """`rate` in ten-thousandths of the price without tax, from a day until before another."""

    tax_rate_id: int
    country: str
    category_id: int | None
    rate: int
    is_marketplace_tax: bool
    valid_from_date: date
    valid_until_date: date | None = None

    @property
    def about(self) -> Subject:
        return self.country, self.category_id

    @property
    def order(self) -> tuple[date, int]:
        return self.valid_from_date, self.tax_rate_id

    def holds(self, at: date) -> bool:
        return self.valid_from_date <= at and (
            self.valid_until_date is None or at < self.valid_until_date
        )


@dataclass(frozen=True, slots=True)
class CommissionTaxRate:
    """Tax on the platform's own commission, by the vendor's country; on top of it."""

    commission_tax_rate_id: int
    country: str
    rate: int
    valid_from_date: date
    valid_until_date: date | None = None

    @property
    def about(self) -> str:
        return self.country

    @property
    def order(self) -> tuple[date, int]:
        return self.valid_from_date, self.commission_tax_rate_id

    def holds(self, at: date) -> bool:
        return self.valid_from_date <= at and (
            self.valid_until_date is None or at < self.valid_until_date
        )


def precedence(country: str, lineage: Sequence[int]) -> Iterator[Subject]:
    """What a rate may be about to reach a product sent to `country`, the most specific first."""
    for category_id in lineage:
        yield country, category_id
    yield country, None
