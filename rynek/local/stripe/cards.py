"""Stripe's test cards, by the payment method ids under which its documentation lists them."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Decline:
    """Why the bank says no: Stripe's error code and, for declines, the bank's reason."""

    code: str
    decline_code: str | None
    message: str


@dataclass(frozen=True)
class Card:
    """How a test card behaves when it is charged."""

    last4: str
    brand: str = "visa"
    decline: Decline | None = None
    is_challenged: bool = False
    """The bank wants the shopper to authenticate (3-D Secure) before it decides."""
    is_available_at_once: bool = False
    """The charge skips the pending balance."""
    refunds: Literal["at_once", "later", "never"] = "at_once"
    """When the shopper's bank takes a refund; `never` is noticed only after it seemed to."""
    dispute: str | None = None
    """The reason for which the shopper disputes the charge as soon as it is made."""
    is_inquiry: bool = False
    """The dispute begins as a question that withdraws no money."""


def declined(reason: str, message: str = "Your card was declined.") -> Decline:
    return Decline("card_declined", reason, message)


INSUFFICIENT_FUNDS: Final = declined("insufficient_funds", "Your card has insufficient funds.")

TEST_CARDS: Final[dict[str, Card]] = {
    "pm_card_visa": Card("4242"),
    "pm_card_visa_debit": Card("5556"),
    "pm_card_mastercard": Card("4444", "mastercard"),
    "pm_card_amex": Card("8431", "amex"),
    "pm_card_bypassPending": Card("0077", is_available_at_once=True),
    "pm_card_pendingRefund": Card("7726", refunds="later"),
    "pm_card_refundFail": Card("5126", refunds="never"),
    "pm_card_createDispute": Card("0259", dispute="fraudulent"),
    "pm_card_createDisputeProductNotReceived": Card("2685", dispute="product_not_received"),
    "pm_card_createDisputeInquiry": Card("1976", dispute="fraudulent", is_inquiry=True),
    "pm_card_chargeDeclined": Card("0002", decline=declined("generic_decline")),
    "pm_card_visa_chargeDeclined": Card("0002", decline=declined("generic_decline")),
    "pm_card_chargeDeclinedInsufficientFunds": Card("9995", decline=INSUFFICIENT_FUNDS),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card("9995", decline=INSUFFICIENT_FUNDS),
    "pm_card_visa_chargeDeclinedLostCard": Card("9987", decline=declined("lost_card")),
    "pm_card_visa_chargeDeclinedStolenCard": Card("9979", decline=declined("stolen_card")),
    "pm_card_chargeDeclinedFraudulent": Card("0019", decline=declined("fraudulent")),
    "pm_card_chargeDeclinedExpiredCard": Card(
        "0069", decline=Decline("expired_card", None, "Your card has expired.")
    ),
    "pm_card_chargeDeclinedIncorrectCvc": Card(
        "0127",
        decline=Decline("incorrect_cvc", None, "Your card's security code is incorrect."),
    ),
    "pm_card_chargeDeclinedProcessingError": Card(
        "0119",
        decline=Decline(
            "processing_error", None, "An error occurred while processing your card. Try again."
        ),
    ),
    "pm_card_authenticationRequired": Card("3184", is_challenged=True),
    "pm_card_threeDSecure2Required": Card("3220", is_challenged=True),
    "pm_card_threeDSecureRequired": Card("3063", is_challenged=True),
    "pm_card_threeDSecureRequiredChargeDeclined": Card(
        "8402", decline=declined("generic_decline"), is_challenged=True
    ),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "8260", decline=INSUFFICIENT_FUNDS, is_challenged=True
    ),
}

AUTHENTICATION_REQUIRED: Final = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)
AUTHENTICATION_FAILED: Final = Decline(
    "payment_intent_authentication_failure",
    None,
    "We are unable to authenticate your payment method. Choose another one and try again.",
)
