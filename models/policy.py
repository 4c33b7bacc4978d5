"""What a market owes its shoppers and vendors beyond a good guess. Values in, values out."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from math import ceil, floor

MANY_ENOUGH = 2
"""However short a list, so many of one vendor or category are no flood."""


@dataclass(frozen=True)
class Candidate:
    """A product that a model would show, as the offer a shopper would be given."""

    product_id: int
    vendor_id: int
    category: str | None
    is_in_stock: bool
    is_vendor_active: bool


@dataclass(frozen=True)
class Policy:
    """Shares of a list's places.

    per_vendor, per_category  at most so much of one, while there is anything else to show
    for_unseen  at least so much of vendors whom hardly anybody sees, while they have a candidate
    """

    per_vendor: float = 0.3
    per_category: float = 0.6
    for_unseen: float = 0.1


POLICY = Policy()


def arrange(
    candidates: Iterable[Candidate],
    k: int,
    policy: Policy = POLICY,
    *,
    own_vendors: Collection[int] = (),
    unseen_vendors: Collection[int] = (),
) -> list[Candidate]:
    """Up to `k` of the candidates, given best first and left in that order, each product once.

    Nothing out of stock, of a vendor who is not active, or of the shopper's own; fewer than `k`
    only where no more are left.
    """
    first: dict[int, Candidate] = {}
    for one in candidates:
        if _may_show(one, own_vendors):
            first.setdefault(one.product_id, one)
    left = list(first.values())
    unseen = [one for one in left if one.vendor_id in unseen_vendors]
    taken = set(unseen[: floor(k * policy.for_unseen)])
    # A category that fills the list is a lesser fault than a vendor who does.
    for per_vendor, per_category in (
        (policy.per_vendor, policy.per_category),
        (policy.per_vendor, 1.0),
        (1.0, 1.0),
    ):
        taken = _within_caps(left, taken, k, per_vendor, per_category)
    return [one for one in left if one in taken]


def most_of_one(share: float, k: int) -> int:
    """How many places of `k` a share is."""
    return max(MANY_ENOUGH, ceil(share * k))


def _may_show(one: Candidate, own_vendors: Collection[int]) -> bool:
    return one.is_in_stock and one.is_vendor_active and one.vendor_id not in own_vendors


def _within_caps(
    left: Sequence[Candidate], taken: Set[Candidate], k: int, per_vendor: float, per_category: float
) -> set[Candidate]:
    """What is taken, and the best others up to `k` that keep the caps together with it."""
    chosen = set(taken)
    vendors = Counter(one.vendor_id for one in chosen)
    categories: Counter[str | None] = Counter(one.category for one in chosen if one.category)
    for one in left:
        is_free = (
            len(chosen) < k
            and vendors[one.vendor_id] < most_of_one(per_vendor, k)
            and categories[one.category] < most_of_one(per_category, k)
        )
        if is_free and one not in chosen:
            chosen.add(one)
            vendors[one.vendor_id] += 1
            categories[one.category] += one.category is not None
    return chosen
