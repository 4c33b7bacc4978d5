"""What a batch of carts is priced with: the offers they name, those that compete, the rules."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from msgspec import Struct

from transactional.catalogue.offers import OfferUnknownError
from transactional.checkout import candidates, offered, routing, rules
from transactional.checkout.offered import Offered
from transactional.checkout.routing import Candidate
from transactional.checkout.rules import Moment, Rules
from transactional.database import Transaction
from transactional.errors import ConflictError


class OfferUnavailableError(ConflictError):
    """These offers are paused or their vendor is not selling now; take them out of the cart."""

    code = "offer_unavailable"


class Wanted(Struct, frozen=True):
    """`quantity` of one offer; or, with `offer_id` None, of whichever offer of a product wins."""

    offer_id: int | None
    quantity: int
    product_id: int | None = None
    variant_id: int | None = None


# So many units of this offer.
Chosen = tuple[int, Offered]


@dataclass(frozen=True)
class Shelf:
    offers: dict[int, Offered]
    candidates: dict[int, list[Candidate]]
    rules: Rules
    at: Moment

    @cached_property
    def known(self) -> dict[int, Offered]:
        """Every offer that was read, by its id."""
        competing = (each.offer for some in self.candidates.values() for each in some)
        return {offer.offer_id: offer for offer in competing} | self.offers


def read(connection: Transaction, wanted: Iterable[Wanted], now: datetime) -> Shelf:
    """One read of the offers; another only where a line names its product alone."""
    return asked(connection, wanted, now)()


def asked(connection: Transaction, wanted: Iterable[Wanted], now: datetime) -> Callable[[], Shelf]:
    """`read`, sent at once; the call waits for the answer."""
    named, products = set(), set()
    for line in wanted:
        if line.offer_id is not None:
            named.add(line.offer_id)
        elif line.product_id is not None:
            products.add(line.product_id)
    offers = offered.asked(connection, named) if named else dict

    def filled() -> Shelf:
        found = offers()
        competing = candidates.read(connection, products, now) if products else {}
        book = rules.at_version(connection, _version(found, competing), now)
        return Shelf(found, competing, book, book.moment(now))

    return filled


def choose(shelf: Shelf, wanted: Sequence[Wanted], country: str | None) -> list[Chosen]:
    """The offers of a cart's lines, by their keys: how a cart was filled changes no cent of it.

    Raises OfferUnknownError, OfferUnavailableError, NoOfferError.
    """
    _refuse_unknown(shelf, wanted)
    winners = _winners(shelf, wanted, country)
    chosen = [
        (line.quantity, winners[line.product_id, line.variant_id])
        if line.offer_id is None
        else (line.quantity, shelf.offers[line.offer_id])
        for line in wanted
    ]
    _refuse_unavailable(chosen)
    chosen.sort(key=_canonical)
    return chosen


def _winners(
    shelf: Shelf, wanted: Sequence[Wanted], country: str | None
) -> dict[tuple[int | None, int | None], Offered]:
    """By product and variant: the offer that wins all the units the cart wants of it."""
    units: dict[tuple[int | None, int | None], int] = {}
    for line in wanted:
        if line.offer_id is None:
            subject = line.product_id, line.variant_id
            units[subject] = units.get(subject, 0) + line.quantity
    return {subject: _winner(shelf, *subject, count, country) for subject, count in units.items()}


def _winner(
    shelf: Shelf, product_id: int | None, variant_id: int | None, units: int, country: str | None
) -> Offered:
    competing = candidates.of_variant(shelf.candidates.get(product_id or 0, ()), variant_id)
    ranked = routing.rank(competing, units, country, shelf.rules, shelf.at)
    return candidates.chosen(ranked, product_id or 0)


def _version(offers: dict[int, Offered], competing: dict[int, list[Candidate]]) -> int:
    known = [*offers.values(), *(each.offer for some in competing.values() for each in some)]
    return max((offer.rules_version for offer in known), default=0)


def _canonical(chosen: Chosen) -> tuple[int, int]:
    quantity, offer = chosen
    return offer.offer_id, quantity


def _refuse_unknown(shelf: Shelf, wanted: Sequence[Wanted]) -> None:
    named = {line.offer_id for line in wanted if line.offer_id is not None}
    if unknown := [offer_id for offer_id in named if offer_id not in shelf.offers]:
        raise OfferUnknownError(offers=[f"off_{offer_id}" for offer_id in sorted(unknown)])


def _refuse_unavailable(chosen: Sequence[Chosen]) -> None:
    if unavailable := sorted({offer.offer_id for _, offer in chosen if not offer.is_for_sale}):
        raise OfferUnavailableError(offers=[f"off_{offer_id}" for offer_id in unavailable])
