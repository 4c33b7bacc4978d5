"""What a request may say about a PaymentIntent, and the PaymentIntent it describes."""

from typing import Final, Literal

from msgspec import Struct

from rynek.local.stripe.ids import letters, mint
from rynek.local.stripe.parameters import merged, positive
from rynek.local.stripe.refusals import InvalidParameter, Json

MINIMUM_CENTS: Final = {"gbp": 30}
MINIMUM_CENTS_ELSEWHERE: Final = 50
MAXIMUM_CENTS: Final = 99_999_999
SECRET_LETTERS: Final = 25
ONLY_WITH_CONFIRM: Final = ("error_on_requires_action", "off_session", "return_url")


class AutomaticPaymentMethods(Struct, forbid_unknown_fields=True, frozen=True):
    """Payment methods as switched on at Stripe; redirects need a `return_url` at confirmation."""

    enabled: bool
    allow_redirects: Literal["always", "never"] = "always"


class Confirmation(Struct, forbid_unknown_fields=True):
    """How a PaymentIntent is to be confirmed."""

    payment_method: str | None = None
    return_url: str | None = None
    off_session: bool = False
    error_on_requires_action: bool = False
    receipt_email: str | None = None


class CreateIntent(Struct, forbid_unknown_fields=True):
    """A new PaymentIntent; `amount` in minor units."""

    amount: int
    currency: str
    automatic_payment_methods: AutomaticPaymentMethods = AutomaticPaymentMethods(enabled=True)
    capture_method: Literal["automatic", "automatic_async"] = "automatic_async"
    confirm: bool = False
    description: str | None = None
    error_on_requires_action: bool = False
    metadata: dict[str, str] | None = None
    off_session: bool = False
    payment_method: str | None = None
    receipt_email: str | None = None
    return_url: str | None = None
    transfer_group: str | None = None


class UpdateIntent(Struct, forbid_unknown_fields=True):
    """Changes to a PaymentIntent that is not final; what is not given stays."""

    amount: int | None = None
    currency: str | None = None
    description: str | None = None
    metadata: dict[str, str] | None = None
    payment_method: str | None = None
    receipt_email: str | None = None
    transfer_group: str | None = None


class Cancellation(Struct, forbid_unknown_fields=True):
    """Why a PaymentIntent is canceled."""

    cancellation_reason: (
        Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | None
    ) = None


def require_payable(amount_cents: int, currency: str) -> None:
    """Refuse an amount that Stripe would not charge."""
    positive(amount_cents, param="amount")
    least_cents = MINIMUM_CENTS.get(currency, MINIMUM_CENTS_ELSEWHERE)
    if amount_cents < least_cents:
        raise InvalidParameter(
            f"Amount must be at least {least_cents} {currency}.",
            code="amount_too_small",
            param="amount",
        )
    if amount_cents > MAXIMUM_CENTS:
        raise InvalidParameter(
            f"Amount must be no more than {MAXIMUM_CENTS} {currency}.",
            code="amount_too_large",
            param="amount",
        )


def confirmation_in(wanted: CreateIntent) -> Confirmation | None:
    """The confirmation that a creation carries, if it asks for one."""
    if not wanted.confirm:
        for name in ONLY_WITH_CONFIRM:
            if getattr(wanted, name):
                raise InvalidParameter(f"`{name}` can only be used with confirm=true.", param=name)
        return None
    return Confirmation(
        return_url=wanted.return_url,
        off_session=wanted.off_session,
        error_on_requires_action=wanted.error_on_requires_action,
    )


def require_return_url(intent: Json, confirmation: Confirmation) -> None:
    """Payment methods that redirect the shopper need somewhere to send them back to."""
    if confirmation.return_url is None and (
        intent["automatic_payment_methods"]["enabled"]
        and intent["automatic_payment_methods"]["allow_redirects"] == "always"
    ):
        raise InvalidParameter(
            "This PaymentIntent accepts payment methods that may redirect the shopper: provide a "
            "`return_url`, or create it with automatic_payment_methods[allow_redirects]=never.",
            param="return_url",
        )


def intent_of(wanted: CreateIntent, now: int) -> Json:
    intent_id = mint("pi_3")
    methods = wanted.automatic_payment_methods
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": wanted.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {
            "allow_redirects": methods.allow_redirects,
            "enabled": methods.enabled,
        },
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": wanted.capture_method,
        "client_secret": f"{intent_id}_secret_{letters(SECRET_LETTERS)}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": wanted.currency,
        "customer": None,
        "description": wanted.description,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": merged({}, wanted.metadata),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": wanted.receipt_email,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": wanted.transfer_group,
    }
