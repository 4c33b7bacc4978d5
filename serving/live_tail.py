"""The live tail: facts that a published snapshot has not seen, laid over it exactly once.

A fact belongs to the tail when its position lies after the snapshot's relay position and its
transaction was not visible to the load. The tail is an overlay, not a sum: the highest version of
a key replaces the snapshot's row. Facts may arrive late, twice or out of order; they are shown in
whole batches only. Nothing here does I/O: ``serving.follower`` feeds it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from types import MappingProxyType
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import msgspec

from serving.facts import Fact
from warehouse.moment import PgSnapshot

OrderStatus = Literal["pending_payment", "paid", "shipped", "delivered", "cancelled"]

MAX_WAITING_FACTS = (
    10_000  # beyond this, facts behind a gap are dropped and read again from the core
)


class Line(msgspec.Struct, frozen=True):
    line_id: int
    offer_id: int
    product_id: int
    title: str
    sku: str
    quantity: int
    line_cents: int


class VendorOrder(msgspec.Struct, frozen=True):
    vendor_order_id: int
    order_id: int
    vendor_id: int
    shopper_pseudonym: int
    status: OrderStatus
    placed_at: datetime
    items_cents: int
    shipping_cents: int
    commission_cents: int
    processing_cents: int
    net_cents: int
    units: int
    lines: tuple[Line, ...]

    @property
    def is_counted(self) -> bool:
        return self.status in COUNTED_STATUSES


class Stock(msgspec.Struct, frozen=True):
    offer_id: int
    product_id: int
    vendor_id: int
    available_units: int
    low_stock_threshold: int


class Offer(msgspec.Struct, frozen=True):
    offer_id: int
    product_id: int
    vendor_id: int
    price_cents: int
    status: str


class Vendor(msgspec.Struct, frozen=True):
    vendor_id: int
    name: str
    status: str


COUNTED_STATUSES = frozenset({"paid", "shipped", "delivered"})

State = TypeVar("State", bound=msgspec.Struct, covariant=True)


class Live(NamedTuple, Generic[State]):
    """The newest fact of one key, and the state it carries."""

    fact: Fact
    state: State


@dataclass(frozen=True, slots=True)
class Base:
    """What the tail lies on: the load's identity, snapshot (S) and relay position (P)."""

    identity: str
    snapshot: PgSnapshot
    position: int

    def lacks(self, fact: Fact) -> bool:
        """Whether the fact is news to this snapshot."""
        return fact.position > self.position and not self.snapshot.sees(fact.transaction_id)


def _empty() -> MappingProxyType[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Overlay:
    """The newest state of every key that changed since the snapshot. Immutable."""

    vendor_orders: Mapping[int, Mapping[int, Live[VendorOrder]]] = field(default_factory=_empty)
    stock: Mapping[int, Live[Stock]] = field(default_factory=_empty)
    offers: Mapping[int, Live[Offer]] = field(default_factory=_empty)
    vendors: Mapping[int, Live[Vendor]] = field(default_factory=_empty)

    def for_vendor(self, vendor_id: int) -> list[VendorOrder]:
        """The vendor's changed vendor orders, each in its newest state."""
        return [live.state for live in self.vendor_orders.get(vendor_id, {}).values()]

    def position_of_vendor(self, vendor_id: int) -> int:
        """The position of the last fact about one of the vendor's orders; 0 if there is none."""
        changed = self.vendor_orders.get(vendor_id, {}).values()
        return max((live.fact.position for live in changed), default=0)

    def bought_by(self, shopper_pseudonym: int) -> set[int]:
        """Product ids in the shopper's counted orders since the snapshot."""
        return {
            line.product_id
            for orders in self.vendor_orders.values()
            for live in orders.values()
            if live.state.shopper_pseudonym == shopper_pseudonym and live.state.is_counted
            for line in live.state.lines
        }

    def same_shelves(self, other: "Overlay") -> bool:
        """Whether both hold the very same stock, offers and vendors."""
        return (
            self.stock is other.stock
            and self.offers is other.offers
            and self.vendors is other.vendors
        )

    def apply(self, facts: Iterable[Fact]) -> "Overlay":
        """The overlay with these facts; of one key the highest version wins.

        Raises msgspec.ValidationError when a payload does not have its type's shape.
        """
        by_type: dict[str, list[Fact]] = {}
        for fact in facts:
            by_type.setdefault(fact.type, []).append(fact)
        return Overlay(
            _with_vendor_orders(self.vendor_orders, by_type.get("vendor_order.changed", [])),
            _with_newest(self.stock, by_type.get("stock.changed", []), Stock),
            _with_newest(self.offers, by_type.get("offer.changed", []), Offer),
            _with_newest(self.vendors, by_type.get("vendor.changed", []), Vendor),
        )

    def prune(self, base: Base) -> "Overlay":
        """What is still news to a newer snapshot."""
        kept = {
            vendor_id: remaining
            for vendor_id, orders in self.vendor_orders.items()
            if (remaining := _lacking(orders, base))
        }
        return Overlay(
            kept,
            _lacking(self.stock, base),
            _lacking(self.offers, base),
            _lacking(self.vendors, base),
        )


def _with_newest(
    held: Mapping[int, Live[State]], facts: list[Fact], shape: type[State]
) -> Mapping[int, Live[State]]:
    if not facts:
        return held
    newest = dict(held)
    for fact in facts:
        current = newest.get(fact.subject_id)
        if current is None or fact.version > current.fact.version:
            newest[fact.subject_id] = Live(fact, msgspec.convert(fact.payload, shape))
    return newest


def _with_vendor_orders(
    held: Mapping[int, Mapping[int, Live[VendorOrder]]], facts: list[Fact]
) -> Mapping[int, Mapping[int, Live[VendorOrder]]]:
    if not facts:
        return held
    by_vendor: dict[int, list[Fact]] = {}
    for fact in facts:
        by_vendor.setdefault(int(fact.payload["vendor_id"]), []).append(fact)
    return dict(held) | {
        vendor_id: _with_newest(held.get(vendor_id, {}), changed, VendorOrder)
        for vendor_id, changed in by_vendor.items()
    }


def _lacking(held: Mapping[int, Live[State]], base: Base) -> Mapping[int, Live[State]]:
    return {key: live for key, live in held.items() if base.lacks(live.fact)}


@dataclass(frozen=True, slots=True)
class Tail:
    """Puts arriving facts into order and applies them a whole batch at a time.

    Positions are consecutive: a missing one is a gap, and everything behind it waits.
    ``applied_position`` is the end of the last batch shown.
    """

    base: Base
    applied_position: int
    overlay: Overlay = field(default_factory=Overlay)
    waiting: Mapping[int, Fact] = field(default_factory=_empty)

    @classmethod
    def start(cls, base: Base) -> "Tail":
        return cls(base, base.position)

    @property
    def has_gap(self) -> bool:
        """Whether later facts are here while the next one is not."""
        return bool(self.waiting) and self.applied_position + 1 not in self.waiting

    @property
    def reached_position(self) -> int:
        """The last position up to which every fact is here, shown or still waiting."""
        return self.applied_position + sum(
            1 for _ in _consecutive(self.waiting, self.applied_position)
        )

    def take(self, facts: Iterable[Fact]) -> "Tail":
        """The tail after these facts arrived; foreign and repeated ones are ignored."""
        waiting = dict(self.waiting)
        for fact in facts:
            if fact.identity == self.base.identity and fact.position > self.applied_position:
                waiting[fact.position] = fact
        batches, last = _whole_batches(waiting, self.applied_position)
        overlay = self.overlay.apply(fact for fact in batches if self.base.lacks(fact))
        return Tail(self.base, last, overlay, _bounded(waiting, last))

    def rebase(self, base: Base) -> "Tail":
        """The tail on another snapshot: pruned when it is newer, begun again when it is not."""
        if base.identity != self.base.identity or base.position < self.base.position:
            return Tail.start(base)
        applied = max(self.applied_position, base.position)
        moved = replace(self, base=base, applied_position=applied, overlay=self.overlay.prune(base))
        return moved.take(())


def _whole_batches(waiting: Mapping[int, Fact], applied: int) -> tuple[list[Fact], int]:
    """The facts of the whole batches that follow without a gap, and their last position."""
    following = list(_consecutive(waiting, applied))
    ends = [index for index, fact in enumerate(following) if fact.batch_end]
    complete = following[: ends[-1] + 1] if ends else []
    return complete, applied + len(complete)


def _consecutive(waiting: Mapping[int, Fact], applied: int) -> Iterator[Fact]:
    for position in count(applied + 1):
        if position not in waiting:
            return
        yield waiting[position]


def _bounded(waiting: Mapping[int, Fact], applied: int) -> Mapping[int, Fact]:
    """What still waits. A batch may be of any size, so only facts behind a gap are ever dropped."""
    remaining = {position: fact for position, fact in waiting.items() if position > applied}
    if len(remaining) <= MAX_WAITING_FACTS:
        return remaining
    return {fact.position: fact for fact in _consecutive(remaining, applied)}
