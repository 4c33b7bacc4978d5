from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from tests.rynek.local.stripe.standins import Standin
from tests.transactional.market import (
    CHALLENGED_CARD,
    TestMarket,
    Visit,
    intent_event,
    signed,
)
from transactional.gateway import Gateway, StripeUnavailableError
from transactional.payment import charging, payments, webhooks
from transactional.payment.intents import Intent


def deliver(market: TestMarket, *events: dict[str, object]) -> None:
    with market.database.transaction() as connection:
        for event in events:
            webhooks.store(connection, event, market.clock())
    webhooks.apply(market.database, market.gateway, market.clock())


def passed_challenge(market: TestMarket, standin: Standin) -> tuple[int, str]:
    """An order that Stripe has the money for, while we have not heard of it."""
    order_id = market.order((market.offer(), 1))
    challenged = market.pay(order_id, CHALLENGED_CARD)
    assert challenged is not None
    standin.authenticate(challenged.payment_intent_id)
    return order_id, challenged.payment_intent_id


def test_a_webhook_confirms_a_payment(market: TestMarket, standin: Standin) -> None:
    order_id, intent_id = passed_challenge(market, standin)
    deliver(market, intent_event(intent_id))
    assert market.status(order_id) == "paid"


def test_a_repeated_event_is_stored_once(market: TestMarket) -> None:
    event = intent_event("pi_unknown")
    with market.database.transaction() as connection:
        assert [webhooks.store(connection, event, market.clock()) for _ in range(3)] == [
            True,
            False,
            False,
        ]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_any_order_of_events_ends_in_the_same_state(
    market: TestMarket, standin: Standin, order: tuple[int, ...]
) -> None:
    order_id, intent_id = passed_challenge(market, standin)
    history = [
        intent_event(intent_id, f"payment_intent.{kind}")
        for kind in ("created", "requires_action", "succeeded")
    ]
    for place in order:
        deliver(market, history[place], history[place])
    assert market.status(order_id) == "paid"
    assert market.value("select count(*) from journals where kind = 'sale'") == 1
    assert market.value("select count(*) from webhook_events where applied_at is null") == 0


def test_a_webhook_that_comes_before_our_own_answer_is_enough(market: TestMarket) -> None:
    order_id = market.order((market.offer(), 1))
    with market.database.transaction() as connection:
        begun = payments.begin(connection, order_id, "pm_card_visa", market.clock())
    assert begun is not None
    intent = charging.ask_for_money(market.gateway, begun, market.clock())
    deliver(market, intent_event(intent.payment_intent_id))
    assert market.status(order_id) == "paid"
    payments.finish(market.database, market.gateway, begun, market.clock())
    assert market.value("select count(*) from journals where kind = 'sale'") == 1
    assert market.value("select count(*) from payment_attempts where status = 'started'") == 0


def test_an_event_about_something_else_is_put_aside(market: TestMarket) -> None:
    deliver(market, {"id": "evt_1", "type": "transfer.created", "data": {"object": {"id": "tr_1"}}})
    assert market.value("select applied_at from webhook_events") is not None


def test_an_event_that_cannot_be_applied_is_kept_and_tried_again(market: TestMarket) -> None:
    deliver(market, intent_event("pi_that_stripe_does_not_know"))
    (event,) = market.rows("select applied_at, attempts, last_error, retry_at from webhook_events")
    assert (event["applied_at"], event["attempts"]) == (None, 1)
    assert event["retry_at"] > market.clock()


@pytest.mark.parametrize("data", [None, [], "pi_1", {"object": None}, {"object": ["pi_1"]}])
def test_an_event_whose_object_cannot_be_read_does_not_stop_the_worker(
    market: TestMarket, data: object
) -> None:
    malformed = intent_event("pi_1") | {"data": data}
    deliver(market, malformed)
    assert market.value("select applied_at from webhook_events") is not None


def test_an_event_of_anothers_payment_with_metadata_like_ours_is_put_aside(
    market: TestMarket,
) -> None:
    foreign = market.gateway._client.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "metadata": {"attempt_key": "order 7"}}
    )
    deliver(market, intent_event(foreign.id, "payment_intent.created"))
    assert market.value("select applied_at from webhook_events") is not None


def test_a_signed_body_that_postgres_cannot_keep_is_refused(
    market: TestMarket, visit: Visit
) -> None:
    for note in ("\0", float("nan")):
        body, signature = signed(
            intent_event("pi_1") | {"note": note}, market.settings.stripe_webhook_secret
        )
        headers = {"Stripe-Signature": signature}
        response = visit().post("/v1/webhooks/stripe", content=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (422, "webhook_invalid")


def test_a_signed_body_is_taken_and_a_touched_one_refused(market: TestMarket, visit: Visit) -> None:
    body, signature = signed(intent_event("pi_1"), market.settings.stripe_webhook_secret)

    def send(body: bytes, signature: str) -> tuple[int, str | None]:
        headers = {"Stripe-Signature": signature}
        response = visit().post("/v1/webhooks/stripe", content=body, headers=headers)
        return response.status_code, response.json().get("code")

    assert send(body, signature) == (200, None)
    assert send(body.replace(b"pi_1", b"pi_2"), signature) == (422, "webhook_invalid")
    assert send(body, "t=1,v1=00") == (422, "webhook_invalid")
    assert send(body, "") == (422, "webhook_invalid")
    assert market.value("select count(*) from webhook_events") == 1


@pytest.mark.parametrize("event", [{}, {"id": 7, "type": "x"}, {"id": f"evt_{uuid4()}"}, [1]])
def test_a_signed_body_that_is_no_event_is_refused(
    market: TestMarket, visit: Visit, event: object
) -> None:
    body, signature = signed(event, market.settings.stripe_webhook_secret)
    headers = {"Stripe-Signature": signature}
    response = visit().post("/v1/webhooks/stripe", content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "webhook_invalid")


def test_an_event_that_stripe_keeps_refusing_is_set_aside_for_an_operator(
    market: TestMarket, visit: Visit
) -> None:
    event = intent_event("pi_that_stripe_does_not_know")
    for _ in range(webhooks.MOST_TRIES):
        deliver(market, event)
        market.clock.advance(hours=1)
    assert webhooks.apply(market.database, market.gateway, market.clock()) == 0
    (kept,) = market.rows("select applied_at, attempts, set_aside_at from webhook_events")
    assert (kept["applied_at"], kept["attempts"]) == (None, webhooks.MOST_TRIES)
    assert kept["set_aside_at"] is not None
    (task,) = visit("operator").get("/v1/open-tasks").json()["data"]
    assert (task["kind"], task["key"]) == ("webhook_set_aside", event["id"])


class Away(Gateway):
    """Stripe cannot be reached."""

    def ask(self, payment_intent_id: str) -> Intent:
        raise StripeUnavailableError


def test_an_outage_sets_nothing_aside(market: TestMarket) -> None:
    with market.database.transaction() as connection:
        webhooks.store(connection, intent_event("pi_1"), market.clock())
    away = Away(market.settings)
    for _ in range(webhooks.MOST_TRIES + 1):
        assert webhooks.apply(market.database, away, market.clock()) == 1
        market.clock.advance(hours=1)
    assert market.value("select set_aside_at from webhook_events") is None


def test_when_an_outage_ends_all_that_waits_is_tried_at_once(
    market: TestMarket, standin: Standin
) -> None:
    order_id, intent_id = passed_challenge(market, standin)
    with market.database.transaction() as connection:
        for _ in range(2):
            webhooks.store(connection, intent_event(intent_id), market.clock())
    for _ in range(12):
        webhooks.apply(market.database, Away(market.settings), market.clock())
        market.clock.advance(minutes=61)
    market.rows(
        "update webhook_events set retry_at = %s where event_id ="
        " (select max(event_id) from webhook_events) returning 1 as n",
        market.clock() + timedelta(hours=1),
    )
    assert webhooks.apply(market.database, market.gateway, market.clock()) == 1
    assert webhooks.apply(market.database, market.gateway, market.clock()) == 1
    assert market.status(order_id) == "paid"


def test_an_operator_puts_back_a_webhook_that_was_set_aside(
    market: TestMarket, visit: Visit, standin: Standin
) -> None:
    order_id, intent_id = passed_challenge(market, standin)
    event = intent_event(intent_id)
    with market.database.transaction() as connection:
        webhooks.store(connection, event, market.clock())
        connection.execute("update webhook_events set set_aside_at = now(), attempts = 13")
    assert webhooks.apply(market.database, market.gateway, market.clock()) == 0
    path, keys = f"/v1/webhooks/{event['id']}/retry", iter("abc")

    def retry(path: str) -> tuple[int, Any]:
        answer = visit("operator").post(path, headers={"Idempotency-Key": next(keys)})
        return answer.status_code, answer.json()

    assert retry(path)[0] == 200
    assert webhooks.apply(market.database, market.gateway, market.clock()) == 1
    assert market.status(order_id) == "paid"
    assert retry(path)[1]["code"] == "webhook_applied"
    assert retry("/v1/webhooks/evt_1/retry")[1]["code"] == "webhook_unknown"


def test_only_an_operator_puts_webhooks_back(market: TestMarket, visit: Visit) -> None:
    answer = visit("vendor", market.vendor()).post(
        "/v1/webhooks/evt_1/retry", headers={"Idempotency-Key": "a"}
    )
    assert answer.status_code == 403
