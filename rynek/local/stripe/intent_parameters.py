"""What a request may say about a PaymentIntent, and when it may say it."""

from typing import Final, Literal

from msgspec import Struct

from rynek.local.stripe.parameters import positive
from rynek.local.stripe.refusals import InvalidParameter, Json

MINIMUM_CENTS: Final = {"gbp": 30}
MINIMUM_CENTS_ELSEWHERE: Final = 50
MAXIMUM_CENTS: Final = 99_999_999
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
