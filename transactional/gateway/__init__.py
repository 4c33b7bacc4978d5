"""Stripe, through its official SDK: the only folder that speaks to it, always outside a
transaction.

Every call that has an effect takes a stored idempotency key, so that a repeated call is the same
call.
"""

from transactional.gateway.accounts import AccountCalls
from transactional.gateway.connection import (
    KEYS_LAST,
    StripeFailureKeptError,
    StripeKeyMisusedError,
    StripeRefusedError,
    StripeUnavailableError,
)
from transactional.gateway.disputes import DisputeAnswer, DisputeCalls
from transactional.gateway.events import EventCalls, WebhookInvalidError
from transactional.gateway.once import make_once
from transactional.gateway.payments import Charge, PaymentCalls
from transactional.gateway.refunds import RefundAnswer, RefundCalls
from transactional.gateway.transfers import Payout, TransferCalls

__all__ = [
    "KEYS_LAST",
    "Charge",
    "DisputeAnswer",
    "Gateway",
    "Payout",
    "RefundAnswer",
    "StripeFailureKeptError",
    "StripeKeyMisusedError",
    "StripeRefusedError",
    "StripeUnavailableError",
    "WebhookInvalidError",
    "make_once",
]


class Gateway(PaymentCalls, RefundCalls, TransferCalls, AccountCalls, DisputeCalls, EventCalls):
    """The one entrance to Stripe."""
