"""Disputes: a shopper's bank asks for a payment back."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import stripe

from transactional.gateway.connection import Connection, translated, under
from transactional.payment import intents

DisputeState = Literal["open", "under_review", "won", "lost"]
# Ours beside Stripe's: an inquiry is a dispute that has taken no money yet, a closed one never did.
STATE: dict[str, DisputeState] = {
    "warning_needs_response": "open",
    "warning_under_review": "under_review",
    "warning_closed": "won",
    "needs_response": "open",
    "under_review": "under_review",
    "won": "won",
    "prevented": "won",
    "lost": "lost",
}


@dataclass(frozen=True, slots=True)
class DisputeAnswer:
    """What Stripe says about a dispute, in our words."""

    stripe_dispute_id: str
    payment_intent_id: str | None
    state: DisputeState
    reason: str
    amount_cents: int
    taken_cents: int
    """What the bank has of it at present."""
    fee_cents: int
    """What Stripe keeps for it at present."""
    opened_at: datetime
    evidence_due_at: datetime | None


class DisputeCalls(Connection):
    def ask_dispute(self, stripe_dispute_id: str) -> DisputeAnswer:
        """What Stripe says now of a dispute."""
        with translated():
            return _read(self._client.v1.disputes.retrieve(stripe_dispute_id))

    def submit_evidence(self, stripe_dispute_id: str, text: str, key: UUID) -> DisputeAnswer:
        """Answer the bank, once."""
        with translated():
            return _read(
                self._client.v1.disputes.update(
                    stripe_dispute_id,
                    {"evidence": {"uncategorized_text": text}, "submit": True},
                    under(key),
                )
            )


def _read(dispute: stripe.Dispute) -> DisputeAnswer:
    due_by = dispute.evidence_details.due_by
    return DisputeAnswer(
        stripe_dispute_id=dispute.id,
        payment_intent_id=intents.id_of(dispute.payment_intent),
        state=STATE[dispute.status],
        reason=dispute.reason,
        amount_cents=dispute.amount,
        taken_cents=-sum(movement.amount for movement in dispute.balance_transactions),
        fee_cents=sum(movement.fee for movement in dispute.balance_transactions),
        opened_at=datetime.fromtimestamp(dispute.created, UTC),
        evidence_due_at=None if due_by is None else datetime.fromtimestamp(due_by, UTC),
    )
