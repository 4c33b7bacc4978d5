"""The core's hot verbs, each as the market runs it, on a market with a past (past.sql).

They run one after another in one transaction, so that a later one finds what an earlier one left.
Stripe is away: what asks it is put off, and what it would have answered is settled here.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from rynek.bench.recording import Rehearsal
from rynek.soak.grounds import Impatient
from transactional import behaviour, open_tasks
from transactional.access import audit, replays, tokens
from transactional.behaviour import Event
from transactional.catalogue import offers, products, writing
from transactional.catalogue.rows import CatalogueRow
from transactional.checkout import candidates, carts
from transactional.checkout.carts import ANYWHERE, Wanted
from transactional.database import statement
from transactional.facts import consumers, outbox
from transactional.facts.consumers import Consumer
from transactional.gateway import RefundAnswer
from transactional.http.order_answers import newly_placed
from transactional.messages import notifications
from transactional.ordering import (
    expiry,
    fulfilment,
    holds,
    orders,
    renewals,
    stock,
    stock_counts,
    timers,
    vendor_orders,
)
from transactional.ordering.fulfilment import Shipment
from transactional.ordering.placement import Application, Desk
from transactional.ordering.stock_counts import Count
from transactional.payment import attempts, payments, recovery, webhooks
from transactional.payment.intents import Intent
from transactional.people import reviews, vendors
from transactional.settings import Settings
from transactional.settlement import (
    disputes,
    refund_outcomes,
    refund_sending,
    refunds,
    reversals,
    transfers,
    vendor_balances,
)
from transactional.settlement.refund_sharing import RefundedLine

TOKEN, SHOPPER = "rk_shopper_bench_1", 1
VENDOR = 8
# Two offers of one vendor, and one of another.
OFFERS = (7, 8, 27)
PAGE = 50
# Of the past: orders that wait for their parcel, one that was delivered, one that was never paid.
WAITING, GIVEN_UP, DELIVERED, UNPAID = 101, 201, 302, 400
# Nobody listens there.
AWAY = Impatient(Settings("", "", "sk_test_away", "whsec_away", "http://127.0.0.1:1"))


def now() -> datetime:
    return datetime.now(UTC)


def place(stage: Rehearsal) -> None:
    desk = Desk(stage, now, newly_placed)
    wanted = [Wanted(offer_id, 1) for offer_id in OFFERS]
    desk.serve([Application(TOKEN, "plans", b"plans", wanted)])


def place_by_product(stage: Rehearsal) -> None:
    """The market chooses the offer, among those that compete."""
    desk = Desk(stage, now, newly_placed)
    desk.serve([Application(TOKEN, "routed", b"routed", [Wanted(None, 1, OFFERS[0])])])


def quote(stage: Rehearsal) -> None:
    wanted = [Wanted(offer_id, 1) for offer_id in OFFERS]
    carts.quote(stage.connection, wanted, ANYWHERE, now())


def read_order(stage: Rehearsal) -> None:
    newest = _newest(stage)
    orders.read(stage.connection, newest)
    holds.units(stage.connection, newest)


def renew(stage: Rehearsal) -> None:
    """A hold that has lapsed by then."""
    later = now() + timedelta(minutes=20)
    renewals.begin(stage.connection, _newest(stage), later)
    renewals.finish(stage.connection, _newest(stage), later)


def pay(stage: Rehearsal) -> None:
    """Asked for, and taken."""
    begun = payments.begin(stage.connection, _newest(stage), "pm_card_visa", now())
    assert begun is not None, "it was placed just now"
    attempt = begun.attempt
    intent = Intent(
        "pi_plans", "succeeded", attempt.amount_cents, begun.currency, attempt.key, "ch_plans"
    )
    payments.find(stage.connection, intent.payment_intent_id, attempt.key)
    payments.settle(stage.connection, attempt.payment_id, intent, now())
    attempts.close(stage.connection, attempt.attempt_id, None, now())


def hear_webhook(stage: Rehearsal) -> None:
    told = {"object": {"object": "payment_intent", "id": "pi_past_1"}}
    event = {"id": "evt_plans", "type": "payment_intent.succeeded", "data": told}
    webhooks.store(stage.connection, event, now())
    webhooks.apply(stage, AWAY, now())


def deliver(stage: Rehearsal) -> None:
    fulfilment.ship(stage.connection, WAITING, Shipment("Post", "T-1"), now())
    fulfilment.deliver(stage.connection, WAITING, now())


def refund(stage: Rehearsal) -> None:
    """Asked for, sent in vain, and answered: its vendor's transfer has gone."""
    wanted = [RefundedLine(DELIVERED, items_cents=100)]
    key = refunds.queue(stage.connection, DELIVERED, wanted, "operator", now())
    refund_sending.send(stage, AWAY, now())
    answer = RefundAnswer("re_plans", "succeeded", 100, f"pi_past_{DELIVERED}", None)
    refund_outcomes.settle(stage.connection, key, answer, now())
    refunds.read(stage.connection, key)


def dispute(stage: Rehearsal) -> None:
    disputes.list_page(stage.connection, VENDOR, None, PAGE)
    transfers.freeze(stage.connection, WAITING)
    transfers.thaw(stage.connection, WAITING)


def take_notifications(stage: Rehearsal) -> None:
    told = Consumer("notifications", partial(notifications.take, "operator@market.example"))
    consumers.run_once(stage, told, now())
    for channel in ("email", "webhook"):
        notifications.claim(stage.connection, channel, now())


def repeat_request(stage: Rehearsal) -> None:
    request = replays.Request("shp_1", "plans-again", b"plans")
    replays.claim(stage.connection, request)
    replays.remember(stage.connection, request, replays.Answer(200, {}))


def import_rows(stage: Rehearsal) -> None:
    rows = [CatalogueRow(2, f"SKU-{OFFERS[0]}", price=2_099, units=5)]
    rows += [CatalogueRow(3, "NEW-1", title="New", price=999, units=5)]
    writing.keep(stage.connection, OFFERS[0] + 1, rows, now())


def record_events(stage: Rehearsal) -> None:
    events = [Event(uuid4(), now(), "view", offer_id=offer_id) for offer_id in OFFERS]
    behaviour.record(stage.connection, SHOPPER, events, now())


def read_product(stage: Rehearsal) -> None:
    products.read(stage.connection, OFFERS[0])
    products.variants(stage.connection, OFFERS[0])
    products.list_page(stage.connection, 0, PAGE)
    reviews.list_of_product(stage.connection, OFFERS[0], 2**62, PAGE)
    reviews.rating(stage.connection, OFFERS[0])


def _newest(stage: Rehearsal) -> int:
    (row,) = orders.list_of_shopper(stage.connection, SHOPPER, None, 1)
    return int(row["order_id"])


HOT: dict[str, Callable[[Rehearsal], object]] = {
    "place an order": place,
    "quote a cart": quote,
    "read orders": read_order,
    "renew a hold": renew,
    "pay an order": pay,
    "cancel an order": lambda stage: orders.cancel(stage.connection, UNPAID, now()),
    "hear a webhook": hear_webhook,
    "recover lost answers": lambda stage: recovery.recover(stage, AWAY, now()),
    "ship and deliver": deliver,
    "cancel a vendor order": lambda stage: fulfilment.cancel(
        stage.connection, GIVEN_UP, "vendor", now()
    ),
    "refund a line": refund,
    "list a shopper's refunds": lambda stage: refunds.list_of_shopper(
        stage.connection, SHOPPER, None, PAGE
    ),
    "freeze and thaw for a dispute": dispute,
    "send transfers": lambda stage: transfers.send(stage, AWAY, now() + timedelta(days=8)),
    "send reversals": lambda stage: reversals.send(stage, AWAY, now()),
    "fire timers": lambda stage: timers.fire(stage, now()),
    "take notifications": take_notifications,
    "introspect a token": lambda stage: tokens.introspect(stage.connection, TOKEN),
    "find a shopper's own vendors": lambda stage: vendors.owned_by_shopper(
        stage.connection, SHOPPER
    ),
    "answer a repeated request": repeat_request,
    "read an offer": lambda stage: offers.read_offer(stage.connection, OFFERS[0]),
    "list a vendor's offers": lambda stage: offers.list_offers(stage.connection, 8, 0, PAGE),
    "list all offers": lambda stage: offers.list_offers(stage.connection, None, 0, PAGE),
    "read a product": read_product,
    "read an offer's journal": lambda stage: stock.moves_of(
        stage.connection, OFFERS[0], None, PAGE
    ),
    "restock": lambda stage: stock.move(stage.connection, stock.RESTOCK, {OFFERS[0]: 1}, now()),
    "count stock": lambda stage: stock_counts.apply(
        stage.connection, [Count(OFFERS[0], 1, is_total=False)], None, now()
    ),
    "import rows of a catalogue": import_rows,
    "record behaviour": record_events,
    "place an order of a product": place_by_product,
    "rank the offers of a product": lambda stage: candidates.ranking(
        stage.connection, OFFERS[0], None, 1, "PL", now()
    ),
    "list a vendor's orders": lambda stage: vendor_orders.list_of_vendor(
        stage.connection, VENDOR, None, None, PAGE
    ),
    "list a vendor's paid orders": lambda stage: vendor_orders.list_of_vendor(
        stage.connection, VENDOR, "paid", None, PAGE
    ),
    "rank a vendor's parcels": lambda stage: vendor_orders.most_urgent(
        stage.connection, VENDOR, now(), PAGE
    ),
    "read a vendor's balance": lambda stage: vendor_balances.read(stage.connection, VENDOR, now()),
    "list open tasks": lambda stage: open_tasks.read(stage.connection, now()),
    "number facts": lambda stage: stage.connection.execute(statement("number_facts")),
    "read facts": lambda stage: outbox.page(stage.connection, 0, PAGE),
    "read the audit trail": lambda stage: audit.list_page(
        stage.connection, "shp_1", None, None, PAGE
    ),
    "sweep all lapsed holds": lambda stage: expiry.sweep(stage, now()),
    "sweep lapsed holds": lambda stage: expiry.sweep(stage, now(), OFFERS),
}
