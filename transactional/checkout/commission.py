"""Which rate of commission a line pays, and why.

Precedence: a rule for the vendor and a category, for the vendor, for a category, for everything. Of
categories the nearest up the tree counts; of two rules about the same, the one that began later.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Basis = Literal["vendor_category", "vendor", "category", "market"]
Outcome = Literal[
    "applied", "not_begun", "ended", "less_specific", "began_earlier", "category_moved"
]
Subject = tuple[int | None, int | None]

WHY: dict[Outcome, str] = {
    "applied": "It is the most specific rule that was in force at the sale.",
    "not_begun": "It had not begun at the sale.",
    "ended": "It had ended before the sale.",
    "less_specific": "A more specific rule was in force.",
    "began_earlier": "A rule about the same began later, and replaced it.",
    "category_moved": "It fits the product's category of today, which has moved since the sale.",
}


@dataclass(frozen=True, slots=True)
class CommissionRule:
    """`rate` in ten-thousandths, from `valid_from` until before `valid_until`."""

    commission_rule_id: int
    vendor_id: int | None
    category_id: int | None
    rate: int
    valid_from: datetime
    valid_until: datetime | None = None

    @property
    def about(self) -> Subject:
        return self.vendor_id, self.category_id

    @property
    def order(self) -> tuple[datetime, int]:
        return self.valid_from, self.commission_rule_id

    @property
    def basis(self) -> Basis:
        if self.vendor_id is None:
            return "market" if self.category_id is None else "category"
        return "vendor" if self.category_id is None else "vendor_category"

    def holds(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule, and what became of it at one sale."""

    rule: CommissionRule
    outcome: Outcome


def precedence(vendor_id: int, lineage: Sequence[int]) -> Iterator[Subject]:
    """What a rule may be about to reach a vendor's product, the most specific first.

    `lineage` is the product's category and its ancestors, the nearest first.
    """
    for category_id in lineage:
        yield vendor_id, category_id
    yield vendor_id, None
    for category_id in lineage:
        yield None, category_id
    yield None, None


def explain(
    rules: Iterable[CommissionRule],
    applied_rule_id: int | None,
    vendor_id: int,
    lineage: Sequence[int],
    sold_at: datetime,
) -> list[Judged]:
    """What became of each of `rules` at a sale that froze `applied_rule_id`, the winner first.

    `lineage` is today's: where it was another at the sale, the frozen rule stands all the same.
    """
    ranks = {about: rank for rank, about in enumerate(precedence(vendor_id, lineage))}
    reaching = [
        rule for rule in rules if rule.about in ranks or rule.commission_rule_id == applied_rule_id
    ]
    applied = next((rule for rule in reaching if rule.commission_rule_id == applied_rule_id), None)
    ordered = sorted(reaching, key=lambda rule: rule.order, reverse=True)
    ordered.sort(key=lambda rule: (rule is not applied, ranks.get(rule.about, -1)))
    return [Judged(rule, _outcome(rule, applied, ranks, sold_at)) for rule in ordered]


def _outcome(
    rule: CommissionRule,
    applied: CommissionRule | None,
    ranks: dict[Subject, int],
    sold_at: datetime,
) -> Outcome:
    if rule is applied:
        return "applied"
    if not rule.holds(sold_at):
        return "not_begun" if rule.valid_from > sold_at else "ended"
    if applied is not None and rule.about == applied.about:
        return "began_earlier"
    is_overtaken = applied is not None and ranks.get(applied.about, len(ranks)) < ranks[rule.about]
    return "less_specific" if is_overtaken else "category_moved"
