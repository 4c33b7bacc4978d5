"""The state machines, one table each: from a status to the statuses it may become.

The store holds the same table and refuses every other move in a trigger.
"""

from typing import Final

from rynek.local.stripe.refusals import Json, Refusal

MOVES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "payment_intent": {
        "requires_payment_method": frozenset(
            {"requires_confirmation", "requires_action", "succeeded", "canceled"}
        ),
        "requires_confirmation": frozenset(
            {"requires_payment_method", "requires_action", "succeeded", "canceled"}
        ),
        "requires_action": frozenset(
            {"requires_payment_method", "requires_confirmation", "succeeded", "canceled"}
        ),
        "succeeded": frozenset(),
        "canceled": frozenset(),
    },
    "charge": {"succeeded": frozenset(), "failed": frozenset()},
    "refund": {
        "pending": frozenset({"succeeded", "failed"}),
        "succeeded": frozenset({"failed"}),
        "failed": frozenset(),
    },
    "dispute": {
        "warning_needs_response": frozenset(
            {"warning_under_review", "warning_closed", "needs_response"}
        ),
        "warning_under_review": frozenset({"warning_closed", "needs_response"}),
        "needs_response": frozenset({"under_review", "won", "lost"}),
        "under_review": frozenset({"won", "lost"}),
        "warning_closed": frozenset(),
        "won": frozenset(),
        "lost": frozenset(),
    },
    "payout": {
        "pending": frozenset({"in_transit", "canceled"}),
        "in_transit": frozenset({"paid", "failed"}),
        "paid": frozenset(),
        "failed": frozenset(),
        "canceled": frozenset(),
    },
    "balance_transaction": {"pending": frozenset({"available"}), "available": frozenset()},
}

ALLOWED_FROM: Final[dict[str, frozenset[str]]] = {
    "update": frozenset({"requires_payment_method", "requires_confirmation", "requires_action"}),
    "confirm": frozenset({"requires_payment_method", "requires_confirmation", "requires_action"}),
    "cancel": frozenset({"requires_payment_method", "requires_confirmation", "requires_action"}),
    "authenticate": frozenset({"requires_action"}),
}
"""The statuses of a PaymentIntent in which each verb is allowed."""


def require(verb: str, intent: Json) -> None:
    """Refuse `verb` unless the PaymentIntent's status allows it."""
    if intent["status"] not in ALLOWED_FROM[verb]:
        raise unexpected_state(
            f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
            intent,
        )


def unexpected_state(message: str, intent: Json) -> Refusal:
    return Refusal(message, code="payment_intent_unexpected_state", payment_intent=intent)
