"""Stories of one order: what its shopper, its bank and Stripe do to it, step by step.

Each step leaves events at Stripe, which are collected here; who tells the story delivers them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from rynek.local.stripe.control import Control
from transactional.database import Database
from transactional.gateway import Gateway, RefundAnswer, StripeUnavailableError
from transactional.ordering import expiry, orders, renewals
from transactional.payment import charging, payments
from transactional.settings import Settings
from transactional.settlement import refund_sending, refunds
from transactional.settlement.refund_sharing import RefundedLine

GOOD_CARD = "pm_card_visa"
DECLINED_CARD = "pm_card_chargeDeclined"
CHALLENGED_CARD = "pm_card_threeDSecure2Required"

Event = dict[str, Any]


class Forgetful(Gateway):
    """Stripe gives back what it is asked to, and its answer is lost on the way."""

    def refund(self, payment_intent_id: str, amount_cents: int, key: UUID) -> RefundAnswer:
        super().refund(payment_intent_id, amount_cents, key)
        raise StripeUnavailableError


@dataclass
class Stage:
    """A market at work: its parts, and how an order of its own offer is placed."""

    database: Database
    settings: Settings
    control: Control
    place_order: Callable[[datetime], int]
    begins_at: datetime
    read_until: str | None = None
    """The newest of Stripe's events that was read here."""

    @cached_property
    def gateway(self) -> Gateway:
        return Gateway(self.settings)

    def news(self) -> list[Event]:
        """What Stripe has filed since the last call, oldest first; at first, its newest page."""
        filed: list[Event] = []
        while page := self.gateway.list_events(self.read_until):
            filed += reversed(page)
            self.read_until = page[0]["id"]
        return filed


@dataclass
class Story:
    """One order while things happen to it; `now` is the market's time."""

    stage: Stage
    order_id: int
    now: datetime
    begins_after: str | None
    filed: list[Event] = field(default_factory=list)
    """Every event that Stripe has filed since the story began, oldest first."""

    def do(self, step: "Step") -> Sequence[Event]:
        """Have it happen; returns the events that Stripe filed for it, oldest first."""
        step(self)
        news = self.stage.news()
        self.filed += news
        return news

    def payment(self) -> dict[str, Any]:
        with self.stage.database.transaction() as connection:
            return dict(
                connection.execute(
                    "select stripe_payment_intent_id, stripe_charge_id from payments"
                    " where order_id = %s order by hold_generation desc limit 1",
                    (self.order_id,),
                ).fetchone()
                or {}
            )


Step = Callable[[Story], None]


def begin(stage: Stage) -> Story:
    """A new order; what Stripe has filed so far belongs to none of its story."""
    stage.news()
    return Story(stage, stage.place_order(stage.begins_at), stage.begins_at, stage.read_until)


def pay(card: str) -> Step:
    """The shopper pays, and the answer arrives."""

    def step(story: Story) -> None:
        begun = _begun(story, card)
        payments.finish(story.stage.database, story.stage.gateway, begun, story.now)

    return step


def pay_unheard(story: Story) -> None:
    """The shopper pays with a good card, and Stripe's answer is lost."""
    charging.ask_for_money(story.stage.gateway, _begun(story, GOOD_CARD), story.now)


def answer_challenge(outcome: str) -> Step:
    def step(story: Story) -> None:
        intent_id = story.payment()["stripe_payment_intent_id"]
        story.stage.control.authenticate(intent_id, outcome)

    return step


def lapse(story: Story) -> None:
    """The units were kept for too long."""
    story.now += timedelta(minutes=16)
    expiry.sweep(story.stage.database, story.now)


def cancel(story: Story) -> None:
    with story.stage.database.transaction() as connection:
        orders.cancel(connection, story.order_id, story.now)


def renew(story: Story) -> None:
    """The shopper has the units kept anew; what was begun to be paid is cancelled."""
    database = story.stage.database
    with database.transaction() as connection:
        outdated = renewals.begin(connection, story.order_id, story.now)
    renewals.end_outdated(database, story.stage.gateway, outdated, story.now)
    with database.transaction() as connection:
        renewals.finish(connection, story.order_id, story.now)


def refund(items_cents: int | None = None) -> Step:
    """All of the order is given back, or so much of its one line, and Stripe's answer is lost."""

    def step(story: Story) -> None:
        database = story.stage.database
        with database.transaction() as connection:
            (line,) = refunds.lines_left(connection, story.order_id)
            part = RefundedLine(line.line_id, items_cents=items_cents)
            refunds.queue(connection, story.order_id, [part], "operator", story.now)
        refund_sending.send(database, Forgetful(story.stage.settings), story.now)

    return step


def dispute(story: Story) -> None:
    """The shopper's bank asks for the money back."""
    intent = story.stage.gateway.ask(story.payment()["stripe_payment_intent_id"])
    assert intent.charge_id is not None, "only a payment that succeeded is disputed"
    story.stage.control.open_dispute(intent.charge_id)


def decide(outcome: Any) -> Step:
    """The bank has decided about the newest dispute."""

    def step(story: Story) -> None:
        opened = [event for event in story.filed if event["type"] == "charge.dispute.created"]
        story.stage.control.decide_dispute(opened[-1]["data"]["object"]["id"], outcome)

    return step


def _begun(story: Story, card: str) -> charging.Begun:
    with story.stage.database.transaction() as connection:
        begun = payments.begin(connection, story.order_id, card, story.now)
    assert begun is not None, "the stories pay unpaid orders"
    return begun


# What may happen to a payment, by name; no two that Stripe tells of in the same words.
STORIES: dict[str, Sequence[Step]] = {
    "paid, unheard": [pay_unheard],
    "declined, then paid unheard": [pay(DECLINED_CARD), pay_unheard],
    "challenge passed": [pay(CHALLENGED_CARD), answer_challenge("succeeded")],
    "challenge failed": [pay(CHALLENGED_CARD), answer_challenge("failed")],
    "challenge failed, then paid": [
        pay(CHALLENGED_CARD),
        answer_challenge("failed"),
        pay(GOOD_CARD),
    ],
    "challenge passed too late": [pay(CHALLENGED_CARD), lapse, answer_challenge("succeeded")],
    "challenge passed after cancelling": [
        pay(CHALLENGED_CARD),
        cancel,
        answer_challenge("succeeded"),
    ],
    "renewed, then paid": [pay(CHALLENGED_CARD), lapse, renew, pay_unheard],
    "paid, then refunded": [pay(GOOD_CARD), refund()],
    "refunded twice": [pay(GOOD_CARD), refund(500), refund(700)],
    "disputed and won": [pay(GOOD_CARD), dispute, decide("won")],
    "disputed and lost": [pay(GOOD_CARD), dispute, decide("lost")],
    "refunded in part, then disputed and lost": [
        pay(GOOD_CARD),
        refund(500),
        dispute,
        decide("lost"),
    ],
}
