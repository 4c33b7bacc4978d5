"""Refunds: money back to the shopper's card."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import stripe

from transactional.gateway.connection import LISTED_AT_ONCE, Connection, translated, under
from transactional.payment import intents

RefundState = Literal["pending", "succeeded", "failed"]
# Ours beside Stripe's: a refund that waits for its shopper is on its way, a cancelled one is not.
STATE: dict[str, RefundState] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """What Stripe says about a refund, in our words."""

    stripe_refund_id: str
    state: RefundState
    amount_cents: int
    payment_intent_id: str | None
    refund_key: str | None
    """The key under which this market asked for it; None where somebody else did."""
    failure_code: str | None = None


class RefundCalls(Connection):
    def refund(self, payment_intent_id: str, amount_cents: int, key: UUID) -> RefundAnswer:
        """Give back a part of a payment, or all of it."""
        with translated():
            return _read(
                self._client.v1.refunds.create(
                    {
                        "payment_intent": payment_intent_id,
                        "amount": amount_cents,
                        "metadata": {"refund_key": str(key)},
                    },
                    under(key),
                )
            )

    def ask_refund(self, stripe_refund_id: str) -> RefundAnswer:
        """What Stripe says now of a refund."""
        with translated():
            return _read(self._client.v1.refunds.retrieve(stripe_refund_id))

    def find_refund(self, payment_intent_id: str, key: UUID) -> RefundAnswer | None:
        """The refund whose answer we may have lost."""
        with translated():
            found = self._client.v1.refunds.list(
                {"payment_intent": payment_intent_id, "limit": LISTED_AT_ONCE}
            )
            for refund in found.auto_paging_iter():
                if intents.metadata(refund, "refund_key") == str(key):
                    return _read(refund)
        return None


def _read(refund: stripe.Refund) -> RefundAnswer:
    return RefundAnswer(
        stripe_refund_id=refund.id,
        state=STATE[refund.status or "pending"],
        amount_cents=refund.amount,
        payment_intent_id=intents.id_of(refund.payment_intent),
        refund_key=intents.metadata(refund, "refund_key"),
        failure_code=refund.to_dict().get("failure_reason"),
    )
