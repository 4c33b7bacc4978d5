"""What serving can answer instead of figures: a status, a stable code, and what to do next."""

# ruff: noqa: N818 — an error is named by what is the case; its base class says that it is an error.

from typing import Any, ClassVar


class ServingError(Exception):
    """The request could not be answered."""

    code: ClassVar[str] = "serving_error"
    status: ClassVar[int] = 500

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))
        self.details = details


class SettingMissing(ServingError):
    """A setting that serving needs is not in its environment."""

    code = "setting_missing"


class DatesInvalid(ServingError):
    """The dates do not make a range that can be shown."""

    code = "dates_invalid"
    status = 422


class MetricUnknown(ServingError):
    """There is no such metric; choose from those listed."""

    code = "metric_unknown"
    status = 422


class CursorInvalid(ServingError):
    """The cursor does not belong to this list; begin again without one."""

    code = "cursor_invalid"
    status = 422


class ShopperUnclear(ServingError):
    """Shoppers are known by pseudonym here: name one as shopper_pseudonym."""

    code = "shopper_unclear"
    status = 422


class Unauthenticated(ServingError):
    """A living bearer token is needed: sign in, or send Authorization: Bearer rk_…"""

    code = "unauthenticated"
    status = 401


class ForeignFigures(ServingError):
    """A vendor sees its own figures only."""

    code = "foreign_figures"
    status = 403


class ForeignOrigin(ServingError):
    """This form was sent from another site; open the sign-in page here and send it again."""

    code = "foreign_origin"
    status = 403


class FormTooLarge(ServingError):
    """The form is larger than a token needs."""

    code = "body_too_large"
    status = 413


class RoleNotAllowed(ServingError):
    """The token's role may not ask for this."""

    code = "role_not_allowed"
    status = 403


class VendorUnknown(ServingError):
    """No such vendor is in the published figures; a new vendor appears with the next load."""

    code = "vendor_unknown"
    status = 404


class IntrospectionUnavailable(ServingError):
    """The core did not answer whether this token is good: try again in a moment."""

    code = "introspection_unavailable"
    status = 503


class SnapshotUnavailable(ServingError):
    """There is no published snapshot to answer from: run `rynek pipeline run`."""

    code = "snapshot_unavailable"
    status = 503


class FactsUnusable(ServingError):
    """The core's facts do not continue this snapshot, as after a restore: run the pipeline."""

    code = "facts_unusable"
    status = 503


class ProductUnknown(ServingError):
    """The vendor lists no such product in the published figures."""

    code = "product_unknown"
    status = 404


class FactsPruned(FactsUnusable):
    """The core keeps the facts since this snapshot no longer: figures stand at the snapshot until
    the next one is published."""

    code = "facts_pruned"
