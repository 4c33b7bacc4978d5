"""A cart: what a shopper asks for, before anything is held or frozen.

Carts are priced in batches: one read of all their offers, then plain arithmetic. A cart of a batch
that cannot be priced is answered with its error, and disturbs no other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from transactional.checkout import delivery, pricing, shelf
from transactional.checkout.pricing import CartLine, CostedOrder, Parcel
from transactional.checkout.shelf import Chosen, Shelf
from transactional.checkout.shelf import OfferUnavailableError as OfferUnavailableError
from transactional.checkout.shelf import Wanted as Wanted
from transactional.database import Transaction
from transactional.errors import MarketError, RefusedError

MOST_LINES = 200
MOST_VENDORS = 50
LARGEST_QUANTITY = 10_000


class CartTooLargeError(RefusedError):
    """A cart has 1 to 200 lines of 1 to 10,000 units, of at most 50 vendors; split it."""

    code = "cart_too_large"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a cart goes: `country`, else the shopper's own, else each vendor's own."""

    country: str | None = None
    address: Mapping[str, Any] | None = None
    shopper_id: int | None = None


ANYWHERE = Destination()


@dataclass(frozen=True, slots=True)
class Cart:
    """What is wanted, and the country it goes to; None: to each vendor's own."""

    wanted: Sequence[Wanted]
    country: str | None = None


def quote(
    connection: Transaction, wanted: Sequence[Wanted], destination: Destination, now: datetime
) -> CostedOrder:
    """The price of a cart at `now`; holds nothing.

    Raises OfferUnknownError, OfferUnavailableError, NoOfferError, ShippingUnavailableError,
    CartTooLargeError, OrderTooLargeError, OrderTooSmallError.
    """
    known = shelf.read(connection, wanted, now)
    country = destination.country or _home(connection, destination.shopper_id)
    return price(known, wanted, country)


def price_many(known: Shelf, carts: Iterable[Cart]) -> list[CostedOrder | MarketError]:
    """What `price` returns or raises, for each of `carts` in their order."""
    return [_attempt(known, cart) for cart in carts]


def _attempt(known: Shelf, cart: Cart) -> CostedOrder | MarketError:
    try:
        return price(known, cart.wanted, cart.country)
    except MarketError as refusal:
        return refusal


def price(known: Shelf, wanted: Sequence[Wanted], country: str | None) -> CostedOrder:
    """What the cart costs when sent to `country`; None: to each vendor's own. Raises as `quote`."""
    _refuse_unbounded(wanted)
    chosen = shelf.choose(known, wanted, country)
    lines = [
        CartLine(
            offer_id=offer.offer_id,
            product_id=offer.product_id,
            vendor_id=offer.vendor_id,
            quantity=quantity,
            list_cents=offer.price_cents * quantity,
            variant_id=offer.variant_id,
            terms=known.rules.terms(offer, country or offer.vendor_country, known.at),
        )
        for quantity, offer in chosen
    ]
    order = pricing.cost(lines, _parcels(known, chosen, country), country)
    pricing.refuse_unpayable(order)
    return order


def _parcels(known: Shelf, chosen: Sequence[Chosen], country: str | None) -> dict[int, Parcel]:
    """One parcel per vendor. Raises ShippingUnavailableError, CartTooLargeError."""
    grams: dict[int, int] = {}
    for quantity, offer in chosen:
        weight = quantity * offer.weight_grams
        grams[offer.vendor_id] = grams.get(offer.vendor_id, 0) + weight
    if len(grams) > MOST_VENDORS:
        raise CartTooLargeError(vendors=len(grams), most_vendors=MOST_VENDORS)
    senders = {offer.vendor_id: offer for _, offer in chosen}
    return {
        vendor_id: delivery.parcel(
            known.rules, sender, grams[vendor_id], country or sender.vendor_country, known.at
        )
        for vendor_id, sender in senders.items()
    }


def _home(connection: Transaction, shopper_id: int | None) -> str | None:
    row = connection.execute(
        "select country from shoppers where shopper_id = %s", (shopper_id,)
    ).fetchone()
    return None if row is None else row["country"]


def _refuse_unbounded(wanted: Sequence[Wanted]) -> None:
    if not 1 <= len(wanted) <= MOST_LINES:
        raise CartTooLargeError(lines=len(wanted), most_lines=MOST_LINES)
    if not all(1 <= line.quantity <= LARGEST_QUANTITY for line in wanted):
        raise CartTooLargeError(largest_quantity=LARGEST_QUANTITY)
