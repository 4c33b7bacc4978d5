"""The one family of errors: a stable code, a default message that says what to do next.

These kinds decide the HTTP status (http/problems.py); everything else about an error is its own.
"""

from typing import ClassVar


class MarketError(Exception):
    """The market refused this; see the code."""

    code: ClassVar[str] = "market_error"

    def __init__(self, message: str | None = None, **details: object) -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))
        self.details = details


class NotFoundError(MarketError):
    """There is no such thing, or it is not yours to see."""

    code = "not_found"


class GoneError(MarketError):
    """This was here once and is kept no longer."""

    code = "gone"


class RefusedError(MarketError):
    """The request is well-formed but asks for something that cannot be."""

    code = "refused"


class ConflictError(MarketError):
    """The present state does not allow this."""

    code = "conflict"


class DeclinedError(MarketError):
    """Payment was declined; try another payment method."""

    code = "declined"


class UnauthenticatedError(MarketError):
    """A living bearer token is needed: Authorization: Bearer rk_…"""

    code = "unauthenticated"


class ForbiddenError(MarketError):
    """This token's role may not do this."""

    code = "forbidden"


class UnavailableError(MarketError):
    """Something the market depends on does not answer; try again in a moment."""

    code = "unavailable"


class ConfigurationInvalidError(MarketError):
    """A setting is missing or wrong."""

    code = "configuration_invalid"
