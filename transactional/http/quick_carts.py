"""Carts that are as documented, read at once.

Whatever these structs do not take is left to `CartBody`, which says what is wrong with it; what
they take, `CartBody` takes too and reads alike, which a test compares.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, ValidationError
from msgspec.structs import asdict

from transactional import ids
from transactional.checkout.carts import (
    ANYWHERE,
    LARGEST_QUANTITY,
    MOST_LINES,
    Destination,
    Wanted,
)
from transactional.ids import IdInvalidError

# Python's $ would let a line's end pass.
CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
AddressLine = Annotated[str, Meta(min_length=1, max_length=200)]
PostalCode = Annotated[str, Meta(min_length=1, max_length=20)]
NUL = rb"\u0000"


class ShipTo(Struct, forbid_unknown_fields=True):
    country: CountryCode
    name: AddressLine | None = None
    street: AddressLine | None = None
    postal_code: PostalCode | None = None
    city: AddressLine | None = None
    region: AddressLine | None = None


class Line(Struct, forbid_unknown_fields=True):
    quantity: Annotated[int, Meta(ge=1, le=LARGEST_QUANTITY)]
    offer_id: str | None = None
    product_id: str | None = None
    variant_id: str | None = None


class QuickCart(Struct, forbid_unknown_fields=True):
    lines: Annotated[list[Line], Meta(min_length=1, max_length=MOST_LINES)]
    ship_to: ShipTo | None = None


_decode = msgspec.json.Decoder(QuickCart).decode


def read(body: bytes) -> tuple[Sequence[Wanted], Destination] | None:
    """None: `CartBody` is to read it, or to say what is wrong with it."""
    if NUL in body:
        return None
    try:
        cart = _decode(body)
        return [_wanted(line) for line in cart.lines], _destination(cart.ship_to)
    except (ValidationError, msgspec.DecodeError, UnicodeDecodeError, IdInvalidError):
        return None


def _wanted(line: Line) -> Wanted:
    """Raises IdInvalidError, also where a line names both an offer and a product, or neither."""
    if line.offer_id is None:
        variant = None if line.variant_id is None else ids.internal("var", line.variant_id)
        return Wanted(None, line.quantity, ids.internal("prd", line.product_id or ""), variant)
    if line.product_id is not None or line.variant_id is not None:
        raise IdInvalidError
    return Wanted(ids.internal("off", line.offer_id), line.quantity)


def _destination(ship_to: ShipTo | None) -> Destination:
    if ship_to is None:
        return ANYWHERE
    address = {name: value for name, value in asdict(ship_to).items() if value is not None}
    return Destination(ship_to.country, address)
