"""A model of the market's money and stock, in plain Python.

It is told what people ask for, and sees in which state things are: paid, sent, booked, owed. Every
cent and every unit that follows from that it works out by itself, and the core's must be the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rynek.soak.arithmetic import Cents, Offer, given_back, one_by_one, total
from transactional.database import Row
from transactional.settlement.refund_sharing import RefundedLine

DISPUTE_WINDOW = timedelta(days=7)


class ModelBrokenError(AssertionError):
    """The market did what the model says it must not, or its sums are others."""


@dataclass(frozen=True)
class Seen:
    """In which state things are; no cents of the market's own."""

    orders: Mapping[int, Row] = field(default_factory=dict)
    """order_id: status, hold_status."""
    vendor_orders: Mapping[int, Row] = field(default_factory=dict)
    """vendor_order_id: status, delivered_at."""
    payments: Mapping[int, Row] = field(default_factory=dict)
    """payment_id: order_id, status, ended_in, stripe_payment_intent_id."""
    refunds: Mapping[int, Row] = field(default_factory=dict)
    """refund_id: order_id, vendor_order_ids, payment_id, origin, status, failure_code, is_booked,
    stripe_refund_id."""
    transfers: Mapping[int, Row] = field(default_factory=dict)
    """vendor_order_id: transfer_id, status, attempts, stripe_transfer_id."""
    reversals: Mapping[int, Row] = field(default_factory=dict)
    """transfer_reversal_id: refund_id, vendor_order_id, status, is_reversed."""
    disputes: Mapping[int, Row] = field(default_factory=dict)
    """dispute_id: order_id, payment_id, status, and what Stripe took: taken_cents, fee_cents."""


@dataclass(frozen=True)
class Line:
    line_id: int
    vendor_order_id: int
    offer: Offer
    quantity: int
    cents: Cents


@dataclass
class Order:
    lines: Sequence[Line]
    expires_at: datetime
    is_given_up: bool = False

    @property
    def paid_cents(self) -> int:
        return total(line.cents for line in self.lines).paid


@dataclass(frozen=True)
class Back:
    """What a refund gives back of a line."""

    quantity: int
    restocked: int
    cents: Cents


@dataclass(frozen=True)
class Refund:
    cents: int
    lines: Mapping[int, Back] = field(default_factory=dict)


@dataclass
class Sending:
    """A transfer as its last claim fixed it, and what it was shortened by."""

    cents: int = 0
    netted: int = 0


@dataclass
class Debt:
    """What a vendor has to give back of a transfer: as far as it can be reversed, and the rest."""

    vendor_id: int
    vendor_order_id: int
    cents: int
    reversible: int
    netted: int = 0


@dataclass
class Model:
    offers: dict[int, Offer] = field(default_factory=dict)
    received: dict[int, int] = field(default_factory=dict)
    """Units that ever came in, by offer."""
    orders: dict[int, Order] = field(default_factory=dict)
    refunds: dict[int, Refund] = field(default_factory=dict)
    sendings: dict[int, Sending] = field(default_factory=lambda: defaultdict(Sending))
    booked: set[int] = field(default_factory=set)
    """Refunds that Stripe has, in the ledger for good."""
    debts: dict[int, Debt] = field(default_factory=dict)
    unborne_cents: int = 0
    """What banks took beyond all that was left of an order."""
    seen: Seen = field(default_factory=Seen)

    def observe(self, seen: Seen, now: datetime) -> None:
        """Work out what follows from what has changed. Raises ModelBrokenError."""
        before, self.seen = self.seen, seen
        self._refuse_strange_endings(now)
        self._learn_costly_sales()
        self._learn_cancellations(before)
        self._learn_claims(before, now)
        for refund_id, row in seen.refunds.items():
            if row["origin"] == "late_capture":
                self.refunds[refund_id] = Refund(self.orders[row["order_id"]].paid_cents)
        self._learn_lost_disputes(before)
        self._learn_bookings()

    def shares(self, order_id: int, wanted: Sequence[RefundedLine]) -> dict[int, Back]:
        """What a refund of these lines gives back; empty where nothing is left."""
        backs = {one.line_id: self._share(self._line(order_id, one.line_id), one) for one in wanted}
        kept = {key: back for key, back in backs.items() if back.quantity + back.cents.paid}
        return kept if _paid(kept) else {}

    def left(self, line: Line) -> tuple[int, Cents]:
        """Units and cents of a line that no refund has given back."""
        backs = list(self.backs(line))
        units = line.quantity - sum(back.quantity for back in backs)
        return units, line.cents - total(back.cents for back in backs)

    def counts(self, refund_id: int) -> bool:
        row = self.seen.refunds.get(refund_id)
        return row is None or row["status"] != "failed" or bool(row["is_booked"])

    def is_disputed(self, order_id: int) -> bool:
        return any(
            row["order_id"] == order_id and row["status"] in ("open", "under_review")
            for row in self.seen.disputes.values()
        )

    def net(self, vendor_order_id: int) -> int:
        lines = (line for line in self.lines() if line.vendor_order_id == vendor_order_id)
        return total(line.cents for line in lines).vendor

    def lines(self) -> Iterator[Line]:
        return (line for order in self.orders.values() for line in order.lines)

    def _line(self, order_id: int, line_id: int) -> Line:
        return next(line for line in self.orders[order_id].lines if line.line_id == line_id)

    def backs(self, line: Line, *, booked: bool = False) -> Iterator[Back]:
        """What refunds gave back of the line: those that count, or those that are booked."""
        for refund_id, refund in self.refunds.items():
            is_meant = refund_id in self.booked if booked else self.counts(refund_id)
            if is_meant and line.line_id in refund.lines:
                yield refund.lines[line.line_id]

    def _share(self, line: Line, wanted: RefundedLine) -> Back:
        units, left = self.left(line)
        quantity, items, shipping = units, left.items, left.shipping
        if wanted.items_cents is not None:
            quantity, items, shipping = 0, wanted.items_cents, 0
        elif wanted.quantity is not None and wanted.quantity < units:
            quantity, shipping = wanted.quantity, 0
            items = left.items * quantity // units
        restocked = min(quantity, self.gone(line)) if wanted.is_restocked else 0
        return Back(quantity, restocked, given_back(left, items, shipping))

    def gone(self, line: Line) -> int:
        """Units of a paid line that did not come back to the shelf: refused refunds' ones stay."""
        if self.seen.vendor_orders[line.vendor_order_id]["status"] == "cancelled":
            return 0
        given = [refund.lines.get(line.line_id) for refund in self.refunds.values()]
        return line.quantity - sum(back.restocked for back in given if back is not None)

    def _refuse_strange_endings(self, now: datetime) -> None:
        for order_id, row in self.seen.orders.items():
            order = self.orders[order_id]
            if row["status"] == "cancelled" and not order.is_given_up and now < order.expires_at:
                raise ModelBrokenError(f"ord_{order_id} was cancelled before its hold ran out")

    def _learn_costly_sales(self) -> None:
        """A sale that costs its vendor more than it brings is a debt from the start."""
        told = {
            row["vendor_order_id"]: key
            for key, row in self.seen.reversals.items()
            if row["refund_id"] is None
        }
        costly = {key for key in self.seen.transfers if self.net(key) < 0}
        if told.keys() != costly:
            raise ModelBrokenError(f"sales {costly} cost their vendors more, told of are {told}")
        for key, reversal_id in told.items():
            if reversal_id not in self.debts:
                self.debts[reversal_id] = Debt(self._vendor_of(key), key, -self.net(key), 0)

    def _learn_cancellations(self, before: Seen) -> None:
        """A paid vendor order that is cancelled gives back all that is left of its lines."""
        for refund_id, row in self.seen.refunds.items():
            if row["origin"] != "refund" or refund_id in self.refunds:
                continue
            (key,) = row["vendor_order_ids"]
            is_told = before.vendor_orders[key]["status"] == "paid"
            if not is_told or self.seen.vendor_orders[key]["status"] != "cancelled":
                raise ModelBrokenError(f"nobody asked for ref_{refund_id}")
            lines = (line for line in self.lines() if line.vendor_order_id == key)
            wanted = [RefundedLine(line.line_id) for line in lines]
            backs = self.shares(row["order_id"], wanted)
            self.refunds[refund_id] = Refund(_paid(backs), backs)

    def _learn_claims(self, before: Seen, now: datetime) -> None:
        """A claimed transfer's amount is fixed; oldest debts are netted from it first."""
        claimed = sorted(
            (row["transfer_id"], key)
            for key, row in self.seen.transfers.items()
            if row["attempts"] > before.transfers.get(key, {"attempts": 0})["attempts"]
        )
        for _, key in claimed:
            self._refuse_early(key, now)
            if before.transfers[key]["status"] != "sending":
                sending = self.sendings[key]
                sending.cents = max(self._payable(key, booked=False) - sending.netted, 0)
                self._net(key, sending)

    def _refuse_early(self, key: int, now: datetime) -> None:
        row = self.seen.vendor_orders[key]
        is_due = row["status"] == "delivered" and row["delivered_at"] + DISPUTE_WINDOW <= now
        if not is_due:
            raise ModelBrokenError(f"the transfer of vor_{key} went before its dispute window")

    def _payable(self, key: int, *, booked: bool) -> int:
        """The net of a sale, less what refunds take of it, plus what was demanded back."""
        lines = [line for line in self.lines() if line.vendor_order_id == key]
        given = sum(back.cents.vendor for line in lines for back in self.backs(line, booked=booked))
        demanded = sum(debt.cents for debt in self.debts.values() if debt.vendor_order_id == key)
        return self.net(key) - given + demanded

    def _net(self, key: int, sending: Sending) -> None:
        vendor_id = self._vendor_of(key)
        for reversal_id, debt in sorted(self.debts.items()):
            if debt.vendor_id == vendor_id and self._is_owed(reversal_id):
                cents = min(sending.cents, debt.cents - debt.netted - self._taken_back(reversal_id))
                debt.netted += cents
                sending.netted += cents
                sending.cents -= cents

    def _vendor_of(self, key: int) -> int:
        return next(line.offer.vendor_id for line in self.lines() if line.vendor_order_id == key)

    def _is_owed(self, reversal_id: int) -> bool:
        """Before this step's claims: one that they settled is seen as settled already."""
        return self.seen.reversals[reversal_id]["status"] in ("owed", "settled")

    def _taken_back(self, reversal_id: int) -> int:
        is_reversed = self.seen.reversals[reversal_id]["is_reversed"]
        return self.debts[reversal_id].reversible if is_reversed else 0

    def reversed_cents(self, key: int) -> int:
        return sum(
            self._taken_back(reversal_id)
            for reversal_id, debt in self.debts.items()
            if debt.vendor_order_id == key
        )

    def _learn_lost_disputes(self, before: Seen) -> None:
        """What a bank took is given back like a refund of all lines that are left."""
        for key, row in self.seen.disputes.items():
            was = before.disputes.get(key, {"status": "new"})["status"]
            if row["status"] == "lost" and was != "lost":
                kept_cents = self._given_up(before, row["payment_id"])
                borne_cents = self._charge_back(row, row["taken_cents"] - kept_cents)
                self.unborne_cents += row["taken_cents"] - kept_cents - borne_cents

    def _given_up(self, before: Seen, payment_id: int) -> int:
        """Cents kept for the shopper that need not be sent any more."""
        return sum(
            self.refunds[key].cents
            for key, row in self.seen.refunds.items()
            if row["payment_id"] == payment_id
            and row["failure_code"] == "charged_back"
            and before.refunds.get(key, {"failure_code": None})["failure_code"] != "charged_back"
            and (row["is_booked"] or row["origin"] == "late_capture")
        )

    def _charge_back(self, dispute: Row, cents: int) -> int:
        new = [
            key
            for key, row in self.seen.refunds.items()
            if row["origin"] == "chargeback"
            and row["payment_id"] == dispute["payment_id"]
            and key not in self.refunds
        ]
        if self.seen.payments[dispute["payment_id"]]["ended_in"] != "order":
            return 0
        lines = self.orders[dispute["order_id"]].lines
        left = [self.left(line)[1] for line in lines]
        cents = min(cents, sum(each.paid for each in left))
        if cents == 0:
            return 0
        parts = one_by_one(cents, [part for each in left for part in (each.items, each.shipping)])
        pairs = zip(parts[::2], parts[1::2], strict=True)
        backs = {
            line.line_id: Back(0, 0, given_back(each, *pair))
            for line, each, pair in zip(lines, left, pairs, strict=True)
            if sum(pair)
        }
        if not new:
            raise ModelBrokenError(f"nobody bears {cents} lost cents of ord_{dispute['order_id']}")
        self.refunds[min(new)] = Refund(cents, backs)
        return cents

    def _learn_bookings(self) -> None:
        """A booked refund demands back what it takes from a vendor beyond what is left to send."""
        booked = {key for key, row in self.seen.refunds.items() if row["is_booked"]} - self.booked
        new = {
            (row["refund_id"], row["vendor_order_id"]): key
            for key, row in self.seen.reversals.items()
            if key not in self.debts
        }
        first = {refund_id: key for (refund_id, _), key in sorted(new.items(), reverse=True)}
        for refund_id in sorted(booked, key=lambda key: (first.get(key, 0), key)):
            self.booked.add(refund_id)
            for key in sorted(self._vendor_orders_of(refund_id)):
                self._demand(refund_id, key, new.pop((refund_id, key), None))
        if new:
            raise ModelBrokenError(f"reversals for no reason: {new}")

    def _vendor_orders_of(self, refund_id: int) -> set[int]:
        given = self.refunds[refund_id].lines
        return {line.vendor_order_id for line in self.lines() if line.line_id in given}

    def _demand(self, refund_id: int, key: int, reversal_id: int | None) -> None:
        sending, status = self.sendings[key], self.seen.transfers[key]["status"]
        gone = sending.cents if status in ("sending", "sent") else 0
        owed = gone + sending.netted - self._payable(key, booked=True)
        if (owed > 0) != (reversal_id is not None):
            raise ModelBrokenError(f"ref_{refund_id} takes {owed} cents too many from vor_{key}")
        if reversal_id is not None:
            demanded = [debt for debt in self.debts.values() if debt.vendor_order_id == key]
            reach = max(gone - sum(debt.reversible for debt in demanded), 0)
            self.debts[reversal_id] = Debt(self._vendor_of(key), key, owed, min(owed, reach))


def _paid(backs: Mapping[int, Back]) -> int:
    return sum(back.cents.paid for back in backs.values())
