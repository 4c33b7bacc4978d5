from functools import partial

import pytest
import redis

from tests.transactional.facts import consume, publish
from tests.transactional.market import TestMarket, Visit
from tests.transactional.money_back import at_stripe
from transactional.facts import outbox, relay
from transactional.facts.consumers import Consumer
from transactional.messages import notifications
from transactional.ordering import fulfilment, timers
from transactional.ordering.fulfilment import Shipment
from transactional.people import checklists, onboarding, shoppers, vendor_accounts, vendors
from transactional.people.checklists import NewItem
from transactional.people.shoppers import NewShopper

OPERATOR = "operator@market.example"
TOLD = Consumer("notifications", partial(notifications.take, OPERATOR))


@pytest.fixture
def sale(market: TestMarket) -> tuple[int, int]:
    """A paid order of a shopper and a vendor who have addresses: (order_id, vendor_order_id)."""
    offer = market.offer(units=7)
    market.rows("update vendors set email = 'vendor@shop.example' returning 1")
    with market.database.transaction() as connection:
        shopper = shoppers.create(connection, NewShopper("ada@home.example", "Ada"))
    order_id = market.order((offer, 2), shopper=shopper["shopper_id"])
    market.pay(order_id)
    return order_id, market.value("select vendor_order_id from vendor_orders")


def told(market: TestMarket, stream: "redis.Redis") -> list[tuple[str, str]]:
    """(kind, recipient) of every message that there is now."""
    publish(market, stream)
    consume(market, TOLD)
    rows = market.rows("select kind, recipient from notifications order by notification_id")
    return [(row["kind"], row["recipient"]) for row in rows]


def test_a_sale_is_told_to_its_shopper_and_its_vendor(
    market: TestMarket, stream: "redis.Redis", sale: tuple[int, int]
) -> None:
    found = told(market, stream)
    assert ("order_confirmed", "ada@home.example") in found
    assert ("new_order", "vendor@shop.example") in found
    assert ("stock_low", "vendor@shop.example") in found
    body = market.value("select body from notifications where kind = 'new_order'")
    assert "2 × Green tea" in body
    assert "Promised to ship by" in body


def test_an_order_of_several_vendors_is_confirmed_once(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    offers = [market.offer(), market.offer()]
    market.rows("update vendors set email = vendor_id || '@shop.example' returning 1")
    order_id = market.order(*((offer, 1) for offer in offers))
    market.rows("update shoppers set email = 'ada@home.example' returning 1")
    market.pay(order_id)
    kinds = [kind for kind, _ in told(market, stream)]
    assert kinds.count("order_confirmed") == 1
    assert kinds.count("new_order") == 2


def test_every_move_is_told_once_however_often_its_fact_is_repeated(
    market: TestMarket, stream: "redis.Redis", sale: tuple[int, int]
) -> None:
    _, key = sale
    for move in (
        partial(fulfilment.ship, shipment=Shipment()),
        partial(fulfilment.track, shipment=Shipment("UPS", "1Z")),
        fulfilment.deliver,
    ):
        market.clock.advance(minutes=1)
        with market.database.transaction() as connection:
            move(connection, key, now=market.clock())
            outbox.write_vendor_orders(connection, [key], market.clock())
    kinds = [kind for kind, _ in told(market, stream)]
    assert [kind for kind in kinds if kind.startswith("order_")] == [
        *("order_confirmed", "order_shipped", "order_delivered"),
    ]
    assert kinds.count("new_order") == 1


def test_a_missed_deadline_is_told_step_by_step(
    market: TestMarket, stream: "redis.Redis", sale: tuple[int, int]
) -> None:
    market.clock.advance(days=60)
    timers.fire(market.database, market.clock())
    found = told(market, stream)
    assert ("ship_reminder", "vendor@shop.example") in found
    assert ("ship_escalation", "vendor@shop.example") in found
    assert ("ship_escalation", OPERATOR) in found
    assert ("order_cancelled", "ada@home.example") in found
    assert ("vendor_order_cancelled", "vendor@shop.example") in found


def test_a_vendor_hears_of_its_standing_when_it_changes_and_not_again(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    vendor_id = market.vendor()
    market.rows("update vendors set email = 'vendor@shop.example' returning 1")
    with market.database.transaction() as connection:
        vendors.suspend(connection, vendor_id, market.clock())
        outbox.write_vendor(connection, vendor_id, market.clock())
    with market.database.transaction() as connection:
        connection.execute("update vendors set version = version + 1")
        outbox.write_vendor(connection, vendor_id, market.clock())
        vendors.reinstate(connection, vendor_id, market.clock())
    kinds = [kind for kind, _ in told(market, stream)]
    assert kinds == ["vendor_active", "vendor_suspended", "vendor_active"]


def test_an_applicant_hears_what_is_wrong_with_its_submission_and_nobody_else_reads_why(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    with market.database.transaction() as connection:
        item = checklists.create(connection, NewItem("register", "An extract of the register"))
    vendor_id, now = market.vendor(is_active=False), market.clock()
    market.rows("update vendors set email = 'vendor@shop.example' returning 1")
    with market.database.transaction() as connection:
        key = item["checklist_item_id"]
        sent = onboarding.submit(connection, vendor_id, key, {"fields": {}}, now)
        onboarding.review(connection, sent["submission_id"], "rejected", "it is blurred", now)
    assert told(market, stream) == [("submission_rejected", "vendor@shop.example")]
    (letter,) = market.rows("select subject, body from notifications")
    assert letter["subject"] == "An extract of the register: please send it again"
    assert "it is blurred" in letter["body"]
    facts = str(stream.xrange(relay.STREAM))
    assert ("submission.reviewed" in facts, "blurred" in facts) == (True, False)


def test_a_vendor_hears_that_stripe_wants_something_before_it_pays_out(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    market.vendor()
    market.rows("update vendors set email = 'vendor@shop.example' returning 1")
    account_id = market.value("select stripe_account_id from vendors")
    at_stripe(market, "POST", f"accounts/{account_id}/limit", {})
    vendor_accounts.refresh(market.database, market.gateway, account_id, market.clock())
    assert told(market, stream)[-1] == ("payout_problem", "vendor@shop.example")


def test_who_has_no_address_is_sent_nothing(market: TestMarket, stream: "redis.Redis") -> None:
    market.paid_order((market.offer(), 1))
    assert told(market, stream) == []


def test_the_operator_sees_messages_and_orders_a_failed_one_again(
    market: TestMarket, stream: "redis.Redis", sale: tuple[int, int], visit: Visit
) -> None:
    told(market, stream)
    operator = visit("operator")
    (row,) = operator.get("/v1/notifications?kind=new_order").json()["data"]
    assert (row["recipient"], row["status"]) == ("vendor@shop.example", "due")
    where = f"/v1/notifications/{row['notification_id']}/retry"
    early = operator.post(where, headers={"Idempotency-Key": "early"})
    assert (early.status_code, early.json()["code"]) == (409, "notification_not_failed")
    market.rows("update notifications set status = 'failed', attempts = 9 returning 1")
    again = operator.post(where, headers={"Idempotency-Key": "again"}).json()
    assert (again["status"], again["attempts"]) == ("due", 0)
    unknown = operator.post("/v1/notifications/ntf_404/retry", headers={"Idempotency-Key": "x"})
    assert unknown.json()["code"] == "notification_unknown"
