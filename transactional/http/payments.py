"""Routes of payment: an intent, a call with no transaction open, an outcome."""

from contextlib import ExitStack
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from transactional.access import replays
from transactional.database import Transaction
from transactional.http import problems
from transactional.http.market import Anyone, Once, OnceOnly, Shopper, respond
from transactional.http.order_answers import Order
from transactional.http.orders import demand_own, order_answer
from transactional.http.wire import Answer, Body, OrderId
from transactional.ordering import renewals
from transactional.payment import payments
from transactional.payment.charging import Begun
from transactional.payment.intents import Intent
from transactional.payment.payments import PaymentDeclinedError

router = APIRouter(tags=["orders"])


class PaymentBody(Body):
    payment_method: Annotated[
        str, Field(pattern="^pm_[A-Za-z0-9_]+$", max_length=255, examples=["pm_card_visa"])
    ]


class Payment(Answer):
    """`requires_action` asks the shopper's browser to do `next_action` with `client_secret`.

    `none` is an order that Stripe has not heard of.
    """

    status: str
    client_secret: str | None = None
    next_action: dict[str, Any] | None = None
    order: Order


@router.post("/v1/orders/{order_id}/pay", response_model=Payment)
def pay_order(order_id: OrderId, body: PaymentBody, who: Shopper, once: OnceOnly) -> JSONResponse:
    """A declined card answers 402 and leaves the order open for another try with a new key.

    After 503 nobody knows yet whether the money was taken: the same key goes on where this one
    ended. Only `payments_busy` says that nothing was begun.
    """
    market = once.market
    with ExitStack() as waiting:
        with market.database.transaction() as connection:
            demand_own(connection, who, order_id)
            stored = replays.claim(connection, once.request)
            if stored is not None:
                once.note_replay()
                return respond(stored, is_replayed=True)
            waiting.enter_context(market.seats.taken())
            begun = _begin(connection, order_id, body.payment_method, once)
        intent = None
        if begun is not None:
            intent = payments.finish(market.database, market.gateway, begun, market.clock())
    with market.database.transaction() as connection:
        answer = _payment_answer(connection, order_id, intent)
        answer = replays.remember(connection, once.request, answer)
    return respond(answer, is_replayed=False)


@router.post("/v1/orders/{order_id}/check-payment", response_model=Payment)
def check_payment(order_id: OrderId, who: Shopper, once: OnceOnly) -> JSONResponse:
    """How the payment stands at Stripe now: ask after a challenge, or to show it once more.

    What Stripe says is written down, as if its webhook had come. A new key asks anew.
    """
    market = once.market
    with market.database.transaction() as connection:
        demand_own(connection, who, order_id)
        stored = replays.claim(connection, once.request)
        if stored is not None:
            once.note_replay()
            return respond(stored, is_replayed=True)
        payment = payments.latest(connection, order_id)
    intent = None
    if payment is not None and payment["payment_intent_id"] is not None:
        with market.seats.taken():
            intent = market.gateway.ask(payment["payment_intent_id"])

    def settle(connection: Transaction) -> Payment:
        if payment is None or intent is None:
            return _payment(connection, order_id, None, "none")
        payments.settle(connection, payment["payment_id"], intent, market.clock())
        return _payment(connection, order_id, intent, "none")

    return once.answer(200, settle)


@router.post("/v1/orders/{order_id}/renew-hold", response_model=Order)
def renew_hold(order_id: OrderId, who: Anyone, once: OnceOnly) -> JSONResponse:
    """Keep the units of an unpaid order for another 15 minutes, at its frozen prices.

    What was begun to be paid before is cancelled first; where that money was quicker, the answer is
    the paid order.
    """
    market = once.market
    with ExitStack() as waiting:
        with market.database.transaction() as connection:
            demand_own(connection, who, order_id)
            stored = replays.claim(connection, once.request)
            if stored is not None:
                once.note_replay()
                return respond(stored, is_replayed=True)
            waiting.enter_context(market.seats.taken())
            outdated = renewals.begin(connection, order_id, market.clock())
        renewals.end_outdated(market.database, market.gateway, outdated, market.clock())

    def finish(connection: Transaction) -> Order:
        renewals.finish(connection, order_id, market.clock())
        return order_answer(connection, order_id)

    return once.answer(200, finish)


def _begin(connection: Transaction, order_id: int, method: str, once: Once) -> Begun | None:
    """Tie the request to its attempt, so that a twin goes on with that one."""
    repeated = replays.attempt_of(connection, once.request)
    begun = payments.begin(connection, order_id, method, once.market.clock(), repeated)
    if begun is not None:
        replays.tie(connection, once.request, begun.attempt.attempt_id)
    return begun


def _payment_answer(
    connection: Transaction, order_id: int, intent: Intent | None
) -> replays.Answer:
    """`intent` is None where the order was paid already."""
    if intent is not None and intent.status == "requires_payment":
        declined = PaymentDeclinedError(decline_code=intent.failure_code)
        return replays.Answer(problems.status_of(declined), problems.body_of(declined))
    payment = _payment(connection, order_id, intent, "succeeded")
    return replays.Answer(200, payment.model_dump(mode="json"))


def _payment(
    connection: Transaction, order_id: int, intent: Intent | None, otherwise: str
) -> Payment:
    return Payment(
        status=intent.status if intent else otherwise,
        client_secret=intent.client_secret if intent else None,
        next_action=intent.next_action if intent else None,
        order=order_answer(connection, order_id),
    )
