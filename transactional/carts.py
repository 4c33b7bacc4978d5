"""A cart: what a shopper asks for, before anything is held or frozen."""

from collections.abc import Sequence
from dataclasses import dataclass

from transactional import pricing
from transactional.catalogue import OfferUnknownError
from transactional.database import Row, Transaction
from transactional.errors import ConflictError
from transactional.pricing import CartLine, CostedOrder


class OfferUnavailableError(ConflictError):
    """These offers are paused or their vendor is not selling now; take them out of the cart."""

    code = "offer_unavailable"


@dataclass(frozen=True, slots=True)
class Wanted:
    offer_id: int
    quantity: int


def quote(connection: Transaction, wanted: Sequence[Wanted]) -> CostedOrder:
    """Today's prices and fees for a cart; holds nothing.

    Raises OfferUnknownError, OfferUnavailableError, OrderTooLargeError.
    """
    offers = _read_offers(connection, {line.offer_id for line in wanted})
    _refuse_unknown(wanted, offers)
    _refuse_unavailable(offers)
    lines = [_priced(line, offers[line.offer_id]) for line in wanted]
    order = pricing.cost(lines, pricing.flat_shipping(lines))
    pricing.refuse_too_large(order)
    return order


def _read_offers(connection: Transaction, offer_ids: set[int]) -> dict[int, Row]:
    rows = connection.execute(
        "select offer_id, product_id, vendor_id, price_cents,"
        " offers.status = 'active' and vendors.status = 'active' as is_for_sale"
        " from offers join vendors using (vendor_id) where offer_id = any(%s)",
        (sorted(offer_ids),),
    )
    return {row["offer_id"]: row for row in rows}


def _refuse_unknown(wanted: Sequence[Wanted], offers: dict[int, Row]) -> None:
    if unknown := sorted({line.offer_id for line in wanted} - offers.keys()):
        raise OfferUnknownError(offers=[f"off_{offer_id}" for offer_id in unknown])


def _refuse_unavailable(offers: dict[int, Row]) -> None:
    if unavailable := sorted(key for key, offer in offers.items() if not offer["is_for_sale"]):
        raise OfferUnavailableError(offers=[f"off_{offer_id}" for offer_id in unavailable])


def _priced(line: Wanted, offer: Row) -> CartLine:
    return CartLine(
        offer_id=line.offer_id,
        product_id=offer["product_id"],
        vendor_id=offer["vendor_id"],
        quantity=line.quantity,
        line_cents=offer["price_cents"] * line.quantity,
    )
