"""Typed parameters: each verb states a Struct, and what does not fit is refused by name."""

import re
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from rynek.local.stripe.refusals import InvalidParameter, Json

MAX_METADATA_KEYS: Final = 50
WITHDRAWN: Final = {"payment_method_types": "payment_method_types_no_longer_supported"}
"""Parameters that the API had until 2026-09-30, with the code that refuses them."""

Parameters = TypeVar("Parameters", bound=Struct)


class CreatedRange(Struct, forbid_unknown_fields=True):
    """Bounds on `created`, in Unix seconds."""

    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None


class Cursor(Struct, forbid_unknown_fields=True):
    """Cursor pagination, newest first; `limit` is 1 to 100."""

    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None


class Page(Cursor, forbid_unknown_fields=True):
    """A page of objects made at a time or between two."""

    created: int | CreatedRange | None = None


class Nothing(Struct, forbid_unknown_fields=True):
    """A verb without parameters."""


class Change(Struct, forbid_unknown_fields=True):
    """A change of metadata, the one thing most objects let change."""

    metadata: dict[str, str] | None = None


def read(kind: type[Parameters], form: Json) -> Parameters:
    """The form as `kind`. Raises InvalidParameter naming the first parameter that does not fit."""
    refuse_unknown(kind, form)
    refuse_missing(kind, form)
    try:
        return msgspec.convert(form, kind, strict=False)
    except msgspec.ValidationError as error:
        raise misfit(str(error), form) from None


def refuse_unknown(kind: type[Struct], form: Json) -> None:
    known = parameters_of(kind)
    unknown = [name for name in form if name not in known]
    for name in sorted(unknown, key=lambda name: name not in WITHDRAWN):
        if name in WITHDRAWN:
            raise InvalidParameter(
                f"`{name}` was withdrawn; choose by `automatic_payment_methods` instead.",
                code=WITHDRAWN[name],
                param=name,
            )
        raise InvalidParameter(
            f"Received unknown parameter: {name}. The stand-in knows: {', '.join(known)}.",
            code="parameter_unknown",
            param=name,
        )


def refuse_missing(kind: type[Struct], form: Json) -> None:
    for name, is_required in parameters_of(kind).items():
        if is_required and form.get(name, "") == "":
            raise InvalidParameter(
                f"Missing required param: {name}.", code="parameter_missing", param=name
            )


@cache
def parameters_of(kind: type[Struct]) -> dict[str, bool]:
    """The parameters that a Struct states, and whether each is required."""
    return {field.name: field.required for field in fields(kind)}


def misfit(complaint: str, form: Json) -> InvalidParameter:
    """Stripe's refusal for a value of the wrong type, from msgspec's `... - at `$.a.b``."""
    where = re.search(r"\$\.([\w.]+)", complaint)
    head, *rest = where[1].split(".") if where else [""]
    param = head + "".join(f"[{step}]" for step in rest)
    if "`int`" in complaint and "`object`" not in complaint:
        return InvalidParameter(
            f"Invalid integer: {form.get(head)}", code="parameter_invalid_integer", param=param
        )
    return InvalidParameter(f"Invalid {param}: {complaint}", param=param or None)


def positive(value: int, *, param: str) -> int:
    """`value`, refused unless it is at least 1."""
    if value < 1:
        raise InvalidParameter(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=param,
        )
    return value


def currency_code(value: str) -> str:
    """A three-letter currency in lower case."""
    if not re.fullmatch(r"[A-Za-z]{3}", value):
        raise InvalidParameter(f"Invalid currency: {value}", param="currency")
    return value.lower()


def merged(metadata: dict[str, str], change: dict[str, str] | None) -> dict[str, Any]:
    """Metadata after a change: named keys are set, keys given as "" are removed."""
    after = {**metadata, **(change or {})}
    kept = {key: value for key, value in after.items() if value != ""}
    if len(kept) > MAX_METADATA_KEYS:
        raise InvalidParameter(
            f"Metadata holds at most {MAX_METADATA_KEYS} keys.", param="metadata"
        )
    return kept
