"""Proof that money and stock go right whatever people do, in whatever order: a Hypothesis state
machine over all verbs of the core, against `model`.

After every step each invariant holds in SQL, and the core's sums are the model's. When the market
rests, nothing is left to do, and Stripe tells the same story.
"""

import sys
import traceback
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rynek.local.stripe.faults import Kind
from rynek.soak import grounds
from rynek.soak.conduct import WORKERS, Basket, Conduct, Event, Verdict
from rynek.soak.grounds import RULES, STALLS, UNITS
from rynek.soak.model import Line, Model, ModelBrokenError, Refund
from transactional.ordering import fulfilment, orders, renewals, stock
from transactional.ordering.fulfilment import Shipment
from transactional.settlement import refund_outcomes, refunds
from transactional.settlement.refund_sharing import RefundedLine

GOOD_CARDS = ("pm_card_visa", "pm_card_bypassPending")
CHALLENGED_CARD = "pm_card_threeDSecure2Required"
OTHER_CARDS = (
    "pm_card_chargeDeclined",
    CHALLENGED_CARD,
    "pm_card_refundFail",
    "pm_card_pendingRefund",
    "pm_card_createDispute",
)
TROUBLES: tuple[Kind, ...] = (
    "fail_before_commit",
    "answer_lost",
    "error_500_saved",
    "error_500_after_commit",
    "rate_limited",
)
CARTS = st.lists(
    st.tuples(st.integers(0, len(STALLS) - 1), st.integers(1, 3)), min_size=1, max_size=4
)
PICK = st.integers(0, 999)
# Of which line, what, how much of it, and whether its units come back to the shelf.
ASKED = st.tuples(PICK, st.sampled_from(["all", "units", "cents"]), PICK, st.booleans())
Asked = tuple[int, str, int, bool]
T = TypeVar("T")


class Market(Conduct, RuleBasedStateMachine):
    """One market, from its founding to its last cent."""

    @initialize(baskets=st.lists(CARTS, min_size=1, max_size=3), card=st.sampled_from(GOOD_CARDS))
    def found(self, baskets: list[Basket], card: str) -> None:
        """It has a past: vendors were paid for what was sold then."""
        self.fair = grounds.found(self.grounds)
        self.model = Model(received={offer.offer_id: UNITS for offer in self.fair.offers})
        self.waiting: list[Event] = []
        for basket in baskets:
            self.sell_and_deliver(basket, card)
            self._look()
        self._advance(timedelta(days=8))
        self._work("transfers")

    # What shoppers and their banks do.

    @rule(basket=CARTS)
    def place(self, basket: Basket) -> None:
        self._place(basket)

    @rule(basket=CARTS, card=st.sampled_from(GOOD_CARDS))
    def sell_and_deliver(self, basket: Basket, card: str) -> None:
        """A sale that goes well, for what comes after."""
        order_id = self._place(basket)
        if order_id is not None and self._pay(order_id, card):
            self._look()
            for key in self._parts("paid"):
                if any(line.vendor_order_id == key for line in self.model.orders[order_id].lines):
                    self._do(partial(fulfilment.ship, shipment=Shipment()), key)
                    self._do(fulfilment.deliver, key)

    @rule(pick=PICK, card=st.sampled_from(GOOD_CARDS + OTHER_CARDS))
    def pay(self, pick: int, card: str) -> None:
        if order_id := chosen(self._orders("pending_payment"), pick):
            self._pay(order_id, card)

    @rule(pick=PICK, outcome=st.sampled_from(["succeeded", "failed"]))
    def answer_challenge(self, pick: int, outcome: str) -> None:
        intent_id = chosen(self._challenged(), pick)
        if intent_id and self._waits_for_its_bank(intent_id):
            self.fair.control.authenticate(intent_id, outcome)

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        order_id = chosen(self._orders("pending_payment"), pick)
        if order_id and self._do(orders.cancel, order_id):
            self.model.orders[order_id].is_given_up = True

    @rule(pick=PICK)
    def renew(self, pick: int) -> None:
        order_id = chosen(self._orders("pending_payment", "cancelled"), pick)
        if order_id is None:
            return
        with self._bearing("renewed"):
            with self.fair.database.transaction() as connection:
                outdated = renewals.begin(connection, order_id, self.fair.now)
            renewals.end_outdated(self.fair.database, self.fair.gateway, outdated, self.fair.now)
            with self.fair.database.transaction() as connection:
                renewals.finish(connection, order_id, self.fair.now)
            self._renewed(self.model.orders[order_id])

    @rule(pick=PICK, has_answer=st.booleans())
    def dispute(self, pick: int, has_answer: bool) -> None:
        """The shopper's bank asks for the money back; perhaps only Stripe knows of it."""
        order_id = chosen(self._orders("paid"), pick)
        if order_id is None:
            return
        (intent_id,) = (
            row["stripe_payment_intent_id"]
            for row in self.model.seen.payments.values()
            if row["order_id"] == order_id and row["ended_in"] == "order"
        )
        intent = self.fair.client.v1.payment_intents.retrieve(intent_id)
        charge = self.fair.client.v1.charges.retrieve(str(intent.latest_charge))
        if charge.amount > charge.amount_refunded and not charge.disputed:
            dispute = self.fair.control.open_dispute(charge.id)
            if has_answer:
                self._learn(dispute["id"])

    @rule(pick=PICK, outcome=st.sampled_from(["won", "lost"]))
    def decide(self, pick: int, outcome: Verdict) -> None:
        if dispute_id := chosen(self._disputes(), pick):
            if self._is_open(dispute_id):
                self.fair.control.decide_dispute(dispute_id, outcome)
            self._learn(dispute_id)

    # What vendors and operators do.

    @rule(pick=PICK)
    def ship(self, pick: int) -> None:
        if key := chosen(self._parts("paid"), pick):
            self._do(partial(fulfilment.ship, shipment=Shipment()), key)

    @rule(pick=PICK)
    def deliver(self, pick: int) -> None:
        if key := chosen(self._parts("shipped"), pick):
            self._do(fulfilment.deliver, key)

    @rule(pick=PICK)
    def cancel_part(self, pick: int) -> None:
        if key := chosen(self._parts("paid"), pick):
            self._do(partial(fulfilment.cancel, reason="vendor"), key)

    @rule(pick=PICK, asked=st.lists(ASKED, min_size=1, max_size=3))
    def refund(self, pick: int, asked: list[Asked]) -> None:
        order_id = chosen(self._orders("paid"), pick)
        if order_id is None:
            return
        lines = self.model.orders[order_id].lines
        by_line = {lines[one[0] % len(lines)].line_id: one for one in asked}
        wanted = [
            self._wanted(line, by_line[line.line_id]) for line in lines if line.line_id in by_line
        ]
        backs = self.model.shares(order_id, wanted)
        with self._bearing("refund asked") as refused:
            with self.fair.database.transaction() as connection:
                refund_id = refunds.queue(connection, order_id, wanted, "operator", self.fair.now)
            cents = sum(back.cents.paid for back in backs.values())
            self.model.refunds[refund_id] = Refund(cents, backs)
        if bool(refused) != (not backs):
            raise ModelBrokenError(f"a refund of ord_{order_id} was refused or not: {refused}")

    @rule(pick=PICK)
    def repeat_refund(self, pick: int) -> None:
        if refund_id := chosen(self._failed_refunds(), pick):
            self._do(refund_outcomes.repeat, refund_id)

    @rule(stall=st.integers(0, len(STALLS) - 1), units=st.integers(1, 5), wrong=st.integers(-3, 3))
    def count_stock(self, stall: int, units: int, wrong: int) -> None:
        """New units come in; then a count shows that there are fewer or more."""
        offer_id = self.fair.offers[stall].offer_id
        self._move(stock.RESTOCK, offer_id, units)
        if wrong:
            self._move(stock.CORRECT, offer_id, wrong)

    @rule(place=st.integers(0, len(RULES) - 1))
    def empty_account(self, place: int) -> None:
        """A vendor has all that it can use at Stripe paid out to its bank."""
        options: Any = {"stripe_account": self.fair.accounts[place]}
        funds = self.fair.client.v1.balance.retrieve(options=options).available
        if cents := sum(one.amount for one in funds):
            payout: Any = {"amount": cents, "currency": "usd"}
            if cents > 0:
                with self._bearing("paid out"):
                    self.fair.client.v1.payouts.create(payout, options)

    # What Stripe, the workers and time do.

    @rule(
        kind=st.sampled_from(TROUBLES),
        path=st.sampled_from(["payment_intents*", "refunds", "transfers*"]),
    )
    def trouble(self, kind: Kind, path: str) -> None:
        """The next such call goes wrong."""
        self.fair.control.fault(kind, path=f"/v1/{path}")

    @rule(minutes=st.sampled_from([1, 20, 24 * 60, 8 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self._advance(timedelta(minutes=minutes))

    @rule(name=st.sampled_from(sorted(WORKERS)))
    def work(self, name: str) -> None:
        self._work(name)

    @rule(picks=st.lists(PICK, max_size=8))
    def hear(self, picks: list[int]) -> None:
        """Some webhooks come, in any order, some again; what does not come now may never."""
        self.waiting += self.fair.news()
        for pick in picks:
            if event := chosen(self.waiting, pick):
                self._bring(event)
        self._work("webhooks")

    @rule(outcome=st.sampled_from(["won", "lost"]))
    def rest(self, outcome: Verdict) -> None:
        """Everything is done that can be; then Stripe tells the same story."""
        self._come_to_rest(outcome)

    @invariant()
    def holds(self) -> None:
        """In SQL, and against the model."""
        if self.is_sound:
            self._look()

    def teardown(self) -> None:
        """A market that broke nothing comes to rest in the end."""
        if isinstance(sys.exception(), Exception):
            self.grounds.faults.append(traceback.format_exc())
        elif self.is_sound:
            self._come_to_rest("lost")

    def _wanted(self, line: Line, asked: Asked) -> RefundedLine:
        _, kind, pick, is_restocked = asked
        units, left = self.model.left(line)
        if kind == "cents":
            return RefundedLine(line.line_id, items_cents=pick % (left.items + 1))
        quantity = pick % (units + 1) if kind == "units" else None
        return RefundedLine(line.line_id, quantity, is_restocked=is_restocked)


def chosen(options: Sequence[T], pick: int) -> T | None:
    """One by a number that is drawn the same whatever there is: so a run can be repeated."""
    return options[pick % len(options)] if options else None
