"""What is done when Stripe tells of one of its objects: it is read again, and learned as it is now.

Of what an event says only the object's id counts, so events may come late, twice or out of order.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from transactional.database import Database
from transactional.gateway import Gateway
from transactional.payment import payments
from transactional.people import vendor_accounts
from transactional.settlement import disputes, refund_sending

# What an event's payload says about its object. Never believed, except for ids.
Told = Mapping[str, Any]
Handler = Callable[[Database, Gateway, Told, datetime], None]


def learn(database: Database, gateway: Gateway, told: Told, now: datetime) -> None:
    """Ask Stripe about the object and write its present state down; unknown kinds change nothing.

    Raises StripeUnavailableError, StripeRefusedError, IntentForeignError, RefundForeignError,
    DisputeMovedError.
    """
    if (handler := HANDLERS.get(str(told.get("object")))) is not None:
        handler(database, gateway, told, now)


def _learn_payment(database: Database, gateway: Gateway, told: Told, now: datetime) -> None:
    _settle(database, gateway, told.get("id"), now)


def _learn_charge(database: Database, gateway: Gateway, told: Told, now: datetime) -> None:
    _settle(database, gateway, told.get("payment_intent"), now)


def _learn_refund(database: Database, gateway: Gateway, told: Told, now: datetime) -> None:
    if isinstance(refund_id := told.get("id"), str):
        refund_sending.learn(database, gateway, refund_id, now)


def _learn_dispute(database: Database, gateway: Gateway, told: Told, now: datetime) -> None:
    if isinstance(dispute_id := told.get("id"), str):
        disputes.learn(database, gateway, dispute_id, now)


def _learn_account(database: Database, gateway: Gateway, told: Told, now: datetime) -> None:
    if isinstance(account_id := told.get("id"), str):
        vendor_accounts.refresh(database, gateway, account_id, now)


def _settle(database: Database, gateway: Gateway, intent_id: object, now: datetime) -> None:
    if not isinstance(intent_id, str):
        return
    intent = gateway.ask(intent_id)
    with database.transaction() as connection:
        payment_id = payments.find(connection, intent.payment_intent_id, intent.attempt_key)
        if payment_id is not None:
            payments.settle(connection, payment_id, intent, now)


# By Stripe's name for the kind of object. Transfers and reversals are asked for by their workers.
HANDLERS: dict[str, Handler] = {
    "payment_intent": _learn_payment,
    "charge": _learn_charge,
    "refund": _learn_refund,
    "dispute": _learn_dispute,
    "account": _learn_account,
}
