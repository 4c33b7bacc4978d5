"""Who is compared with whom: category × price band × volume band, fixed for a month.

A cohort is a path from the whole marketplace down, so every cohort lies inside its parent:
``()``, ``(category_id,)``, ``(category_id, price)``, ``(category_id, price, volume)``. Bands have
fixed edges, never those of one's peers, and a shop near an edge stays where it was.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

Path = tuple[int, ...]

LEVELS = ("marketplace", "category", "price", "volume")
PRICE_EDGES = (1_000, 2_500, 5_000, 10_000)
VOLUME_EDGES = (30, 100, 300, 1_000, 3_000)
STAY_MARGIN = 0.2


@dataclass(frozen=True)
class Activity:
    """A shop's trade in the three months up to a month's end."""

    category_id: int
    """The top category with most of its sales."""
    category_share: float
    """The sales of that category over those of the shop's last one; 1 where it is the same."""
    unit_price_cents: float
    orders: int


def banded(value: float, edges: tuple[int, ...], previous: int | None) -> int:
    """The band of `value`; the previous one while the value lies within 20 % of its edges."""
    if previous is not None:
        lowest = edges[previous - 1] if previous else 0
        highest = edges[previous] if previous < len(edges) else float("inf")
        if lowest / (1 + STAY_MARGIN) <= value < highest * (1 + STAY_MARGIN):
            return previous
    return bisect_right(edges, value)


def bounds(edges: tuple[int, ...], band: int) -> tuple[int | None, int | None]:
    """Where a band begins and where the next one does; None where it is open."""
    return edges[band - 1] if band else None, edges[band] if band < len(edges) else None


def assigned(now: Activity, previous: Path | None) -> Path:
    """The shop's cohort for the month, given the one that it was in before."""
    category, price, volume = previous or (None, None, None)
    if category is None or now.category_share >= 1 + STAY_MARGIN:
        category = now.category_id
    return (
        category,
        banded(now.unit_price_cents, PRICE_EDGES, price),
        banded(now.orders, VOLUME_EDGES, volume),
    )


def upwards(path: Path) -> Iterator[Path]:
    """The path itself, then its parents up to the whole marketplace."""
    for length in range(len(path), -1, -1):
        yield path[:length]
