"""What changed since the snapshot, by key: the newest state replaces the snapshot's row.

An overlay, not a sum: of one key the fact with the highest version wins, and one that the load has
seen already does not count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import msgspec

from serving.facts import Fact
from warehouse.moment import PgSnapshot

OrderStatus = Literal["pending_payment", "paid", "shipped", "delivered", "cancelled"]


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
    paid_at: datetime | None = None

    @property
    def is_counted(self) -> bool:
        return self.status in COUNTED_STATUSES

    @property
    def is_paid(self) -> bool:
        """Whether its money was taken, also where it went back since."""
        return self.paid_at is not None or self.is_counted


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
        """The position of the last fact about the vendor or one of its orders; 0 without one."""
        changed = [live.fact for live in self.vendor_orders.get(vendor_id, {}).values()]
        if vendor := self.vendors.get(vendor_id):
            changed.append(vendor.fact)
        return max((fact.position for fact in changed), default=0)

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
