"""What lies beneath the state machine's rules: ask the market, tell the model, compare the two."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, ClassVar, Literal

import stripe

from rynek.soak import sights, sums
from rynek.soak.arithmetic import Offer, priced
from rynek.soak.grounds import Fair, Grounds
from rynek.soak.model import Line, Model, ModelBrokenError, Order, Seen
from transactional import invariants
from transactional.checkout import carts
from transactional.checkout.carts import Wanted
from transactional.database import Row, Transaction
from transactional.errors import MarketError
from transactional.ordering import expiry, orders, stock, timers
from transactional.ordering.order_rows import Purchase
from transactional.ordering.stock import OutOfStockError
from transactional.payment import payments, recovery, stripe_events, webhooks
from transactional.settlement import disputes, refund_sending, reversals, transfers

HOLD_LASTS = timedelta(minutes=15)
PAYMENT_GRACE = timedelta(minutes=2)
TURN = timedelta(minutes=2)
MOST_TURNS = 60
Verdict = Literal["won", "lost"]
Event = dict[str, Any]
Basket = list[tuple[int, int]]
"""Which stall's offer, and how many units of it."""
WORKERS: dict[str, Callable[..., int]] = {
    "refunds": refund_sending.send,
    "reversals": reversals.send,
    "transfers": transfers.send,
    "webhooks": webhooks.apply,
    "recovery": recovery.recover,
    "stripe events": stripe_events.catch_up,
    "holds": lambda database, _, now: expiry.sweep(database, now),
    "timers": lambda database, _, now: timers.fire(database, now),
}


class Conduct:
    """One market and its model; every verb may be refused, and what is refused changes nothing."""

    grounds: ClassVar[Grounds]
    fair: Fair
    model: Model
    is_sound: bool = False
    """Whether the last look found nothing wrong."""

    def _come_to_rest(self, outcome: Verdict) -> None:
        self.fair.control.clear()
        if left := self._work_until_quiet(outcome):
            raise ModelBrokenError(f"never at rest: {left}")
        ours, theirs = sums.at_stripe(self.model), self.fair.at_stripe()
        if ours != theirs:
            alone = dict(theirs.items() - ours.items()), dict(ours.items() - theirs.items())
            raise ModelBrokenError(f"Stripe alone has {alone[0]}, the model alone {alone[1]}")
        self.grounds.tally["rest"] += 1

    def _work(self, name: str) -> None:
        with self._bearing(name):
            WORKERS[name](self.fair.database, self.fair.gateway, self.fair.now)

    def _look(self) -> None:
        self.is_sound = False
        with self.fair.database.transaction() as connection:
            connection.execute("set transaction isolation level repeatable read read only")
            seen = sights.look(connection)
            ledger, shelf = sights.balances(connection), sights.stock(connection)
            breaches = invariants.check(connection)
        if breaches:
            raise ModelBrokenError(
                "; ".join(f"{one.invariant}: {one.key} {one.detail}" for one in breaches)
            )
        self._count(seen)
        self.model.observe(seen, self.fair.now)
        compare("stock", sums.stock(self.model), shelf)
        compare("ledger", sums.accounts(self.model), ledger)
        self.is_sound = True

    def _place(self, basket: Basket) -> int | None:
        """Placed exactly where there is enough, at the model's price."""
        order_id: int | None = None
        with self._bearing("placed") as refused:
            with self.fair.database.transaction() as connection:
                order_id, rows, total_cents = self._order(connection, basket)
            self.model.orders[order_id] = self._expected(basket, rows)
            paid_cents = self.model.orders[order_id].paid_cents
            compare("total", {order_id: paid_cents}, {order_id: total_cents})
        if refused:
            self._refuse_needless(self._sorted(basket), refused)
        return order_id

    def _order(self, connection: Transaction, basket: Basket) -> tuple[int, list[Row], int]:
        cart = [Wanted(self.fair.offers[place].offer_id, units) for place, units in basket]
        costed = carts.quote(connection, cart, carts.ANYWHERE, self.fair.now)
        purchase = Purchase(self.fair.shopper_id, costed, self.fair.now)
        (order_id,) = orders.place(connection, [purchase], self.fair.now)
        rows = connection.execute(
            "select line_id, vendor_order_id, offer_id, quantity from order_lines"
            " where order_id = %s order by line_id",
            (order_id,),
        ).fetchall()
        return order_id, rows, costed.total_cents

    def _expected(self, basket: Basket, rows: Sequence[Row]) -> Order:
        """The order as the model prices it, with the keys of its rows."""
        wanted = self._sorted(basket)
        by_vendor = groupby(wanted, key=lambda one: one[0].vendor_id)
        cents = [cents for _, part in by_vendor for cents in priced(list(part))]
        lines = [
            Line(row["line_id"], row["vendor_order_id"], offer, quantity, each)
            for row, (offer, quantity), each in zip(rows, wanted, cents, strict=True)
        ]
        compare(
            "cart",
            {line.line_id: (line.offer.offer_id, line.quantity) for line in lines},
            {row["line_id"]: (row["offer_id"], row["quantity"]) for row in rows},
        )
        return Order(lines, self.fair.now + HOLD_LASTS)

    def _sorted(self, basket: Basket) -> list[tuple[Offer, int]]:
        """As orders keep their lines: by vendor, offer and units."""
        wanted = [(self.fair.offers[place], units) for place, units in basket]
        return sorted(wanted, key=lambda one: (one[0].vendor_id, one[0].offer_id, one[1]))

    def _refuse_needless(
        self, wanted: Sequence[tuple[Offer, int]], refused: Sequence[Exception]
    ) -> None:
        free = {offer: available for offer, (available, _, _) in sums.stock(self.model).items()}
        for offer, units in wanted:
            free[offer.offer_id] -= units
        is_short = any(units < 0 for units in free.values())
        if not (is_short and isinstance(refused[0], OutOfStockError)):
            raise ModelBrokenError(f"refused though there was enough: {refused[0]}")

    def _pay(self, order_id: int, card: str) -> bool:
        is_answered = False
        with self._bearing("paid with " + card):
            with self.fair.database.transaction() as connection:
                begun = payments.begin(connection, order_id, card, self.fair.now)
            order = self.model.orders[order_id]
            order.expires_at = max(order.expires_at, self.fair.now + PAYMENT_GRACE)
            if begun is not None:
                payments.finish(self.fair.database, self.fair.gateway, begun, self.fair.now)
                is_answered = True
        return is_answered

    def _renewed(self, order: Order) -> None:
        order.is_given_up = False
        if order.expires_at <= self.fair.now:
            order.expires_at = self.fair.now + HOLD_LASTS

    def _move(self, movement: stock.Movement, offer_id: int, units: int) -> None:
        def move(connection: Transaction, offer_id: int, now: datetime) -> None:
            stock.move(connection, movement, {offer_id: units}, now)

        if self._do(move, offer_id):
            self.model.received[offer_id] += units

    def _learn(self, dispute_id: str) -> None:
        with self._bearing("dispute heard of"):
            disputes.learn(self.fair.database, self.fair.gateway, dispute_id, self.fair.now)

    def _is_open(self, dispute_id: str) -> bool:
        status = self.fair.client.v1.disputes.retrieve(dispute_id).status
        return status in ("needs_response", "under_review")

    def _advance(self, by: timedelta) -> None:
        self.fair.now += by
        self.fair.control.advance(seconds=int(by.total_seconds()))

    def _bring(self, event: Event) -> None:
        with self.fair.database.transaction() as connection:
            if not webhooks.store(connection, event, self.fair.now):
                connection.execute(
                    "update webhook_events set applied_at = null, retry_at = %s"
                    " where event_id = %s",
                    (self.fair.now, event["id"]),
                )

    def _work_until_quiet(self, outcome: Verdict) -> dict[str, int]:
        left: dict[str, int] = {}
        for _ in range(MOST_TURNS):
            for dispute_id in self._disputes():
                if self._is_open(dispute_id):
                    self.fair.control.decide_dispute(dispute_id, outcome)
            for name in WORKERS:
                self._work(name)
                self._look()
            with self.fair.database.transaction() as connection:
                rows = connection.execute(sights.UNFINISHED, {"now": self.fair.now}).fetchall()
            left = {row["what"]: row["count"] for row in rows if row["count"]}
            if not left:
                break
            self._advance(TURN)
        return left

    def _do(self, verb: Callable[..., object], key: int) -> bool:
        """Whether the market did it; whatever it refuses must change nothing."""
        with self._bearing(_name(verb)) as refused, self.fair.database.transaction() as connection:
            verb(connection, key, now=self.fair.now)
        return not refused

    @contextmanager
    def _bearing(self, what: str) -> Iterator[list[Exception]]:
        """The block may be refused, or Stripe fail in it."""
        refused: list[Exception] = []
        try:
            yield refused
            self.grounds.tally[what] += 1
        except (MarketError, stripe.StripeError) as error:
            refused.append(error)
            self.grounds.tally[f"{what}: {getattr(error, 'code', error)}"] += 1

    def _count(self, seen: Seen) -> None:
        for name in ("orders", "vendor_orders", "refunds", "transfers", "reversals", "disputes"):
            was, now = getattr(self.model.seen, name), getattr(seen, name)
            for key, row in now.items():
                if row["status"] != was.get(key, {"status": ""})["status"]:
                    self.grounds.tally[f"{name} {row['status']}"] += 1

    def _orders(self, *statuses: str) -> list[int]:
        return [key for key, row in self.model.seen.orders.items() if row["status"] in statuses]

    def _parts(self, status: str) -> list[int]:
        rows = self.model.seen.vendor_orders.items()
        return [key for key, row in rows if row["status"] == status]

    def _challenged(self) -> list[str]:
        return [
            row["stripe_payment_intent_id"]
            for row in self.model.seen.payments.values()
            if row["status"] == "requires_action"
        ]

    def _waits_for_its_bank(self, intent_id: str) -> bool:
        """Stripe may have cancelled it already, and its answer was lost."""
        intent = self.fair.client.v1.payment_intents.retrieve(intent_id)
        return intent.status == "requires_action"

    def _disputes(self) -> list[str]:
        return [
            row["stripe_dispute_id"]
            for row in self.model.seen.disputes.values()
            if row["status"] in ("open", "under_review")
        ]

    def _failed_refunds(self) -> list[int]:
        rows = self.model.seen.refunds.items()
        return [key for key, row in rows if row["status"] == "failed"]


def compare(what: str, wanted: dict[Any, Any], found: dict[Any, Any]) -> None:
    if wanted != found:
        keys = sorted(
            (key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)),
            key=str,
        )
        told = "; ".join(f"{key}: {found.get(key)}, not {wanted.get(key)}" for key in keys)
        raise ModelBrokenError(f"{what}: {told}")


def _name(verb: Callable[..., object]) -> str:
    named = verb.func if isinstance(verb, partial) else verb
    return str(getattr(named, "__name__", named))
