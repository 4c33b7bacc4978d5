"""Vendors' own counts: many offers' units set or added to in one request, each row by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from transactional.database import Transaction
from transactional.ordering import stock

Outcome = Literal["moved", "unchanged", "offer_unknown", "units_lacking"]


@dataclass(frozen=True, slots=True)
class Count:
    """`units` of one offer, counted (`is_total`) or to be added; below zero some were lost."""

    offer_id: int
    units: int
    is_total: bool

    def difference(self, available_units: int) -> int:
        return self.units - available_units if self.is_total else self.units


@dataclass(frozen=True, slots=True)
class Counted:
    offer_id: int
    outcome: Outcome
    available_units: int | None


def apply(
    connection: Transaction, counts: Sequence[Count], vendor_id: int | None, now: datetime
) -> list[Counted]:
    """What became of each count, in their order; those of one offer build on each other.

    A count says what is free to sell: units held or sold are not in it. With `vendor_id` only that
    vendor's offers are known.
    """
    free = _lock(connection, sorted({count.offer_id for count in counts}), vendor_id)
    came, corrected = dict[int, int](), dict[int, int]()
    outcomes = []
    for count in counts:
        counted = decide(count, free.get(count.offer_id))
        outcomes.append(counted)
        if counted.outcome == "moved" and counted.available_units is not None:
            units = counted.available_units - free[count.offer_id]
            moved = corrected if count.is_total or units < 0 else came
            moved[count.offer_id] = moved.get(count.offer_id, 0) + units
            free[count.offer_id] = counted.available_units
    for movement, units_by_offer in ((stock.CORRECT, corrected), (stock.RESTOCK, came)):
        if units_by_offer:
            stock.move(connection, movement, units_by_offer, now)
    return outcomes


def decide(count: Count, available_units: int | None) -> Counted:
    """What one count does to so many free units; None: the offer is not known."""
    if available_units is None:
        return Counted(count.offer_id, "offer_unknown", None)
    difference = count.difference(available_units)
    if available_units + difference < 0:
        return Counted(count.offer_id, "units_lacking", available_units)
    outcome: Outcome = "moved" if difference else "unchanged"
    return Counted(count.offer_id, outcome, available_units + difference)


def _lock(
    connection: Transaction, offer_ids: Sequence[int], vendor_id: int | None
) -> dict[int, int]:
    """Free units of the offers that are known, in key order like every movement."""
    rows = connection.execute(
        "select stock.offer_id, available_units from stock join offers using (offer_id)"
        " where stock.offer_id = any(%(offer_ids)s)"
        " and (%(vendor_id)s::bigint is null or vendor_id = %(vendor_id)s)"
        " order by stock.offer_id for update of stock",
        {"offer_ids": list(offer_ids), "vendor_id": vendor_id},
    )
    return {row["offer_id"]: row["available_units"] for row in rows}
