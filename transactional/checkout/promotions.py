"""A vendor's price reductions. Of several that reach a line the largest counts; they do not add."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

# The vendor, and the product or the category it is about; neither: all that the vendor sells.
Subject = tuple[int, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Promotion:
    """`rate` in ten-thousandths off the price, from `starts_at` until before `ends_at`."""

    promotion_id: int
    vendor_id: int
    product_id: int | None
    category_id: int | None
    rate: int
    starts_at: datetime
    ends_at: datetime

    @property
    def about(self) -> Subject:
        return self.vendor_id, self.product_id, self.category_id

    @property
    def order(self) -> tuple[datetime, int]:
        return self.starts_at, self.promotion_id

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


def reach(vendor_id: int, product_id: int, lineage: Sequence[int]) -> Iterator[Subject]:
    """What a promotion may be about to reach a vendor's product."""
    yield vendor_id, product_id, None
    for category_id in lineage:
        yield vendor_id, None, category_id
    yield vendor_id, None, None


def largest(promotions: Iterator[Promotion]) -> Promotion | None:
    """Of equal ones the first that was made."""
    return max(promotions, key=lambda each: (each.rate, -each.promotion_id), default=None)
