"""The offers that compete for a line which names only its product, and the one that wins it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg.rows import tuple_row

from transactional.checkout import routing, rules
from transactional.checkout.offered import Offered
from transactional.checkout.routing import Candidate, Ranked
from transactional.database import Transaction, statement
from transactional.errors import ConflictError
from transactional.ids import external

# The cheapest of a product and variant are ranked; with so many before it a dearer one may go.
MOST_OFFERS = 100
COLUMNS_OF_OFFER = len(Offered._fields)


class NoOfferError(ConflictError):
    """Nobody can deliver this product there in this quantity; want fewer, or another product."""

    code = "no_offer"


def read(
    connection: Transaction, product_ids: Iterable[int], now: datetime
) -> dict[int, list[Candidate]]:
    """Offers for sale by product id."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(
            statement("candidates"),
            {"product_ids": sorted(product_ids), "most_offers": MOST_OFFERS, "now": now},
        ).fetchall()
    found: dict[int, list[Candidate]] = {}
    for candidate in map(_candidate, rows):
        found.setdefault(candidate.offer.product_id, []).append(candidate)
    return found


def ranking(
    connection: Transaction,
    product_id: int,
    variant_id: int | None,
    quantity: int,
    country: str | None,
    now: datetime,
) -> list[Ranked]:
    """The offers of one product and variant, best first; None: those without a variant."""
    of_product = read(connection, [product_id], now).get(product_id, [])
    book = rules.current(connection, now)
    return routing.rank(
        of_variant(of_product, variant_id), quantity, country, book, book.moment(now)
    )


def of_variant(candidates: Iterable[Candidate], variant_id: int | None) -> list[Candidate]:
    """A shopper who names no variant has chosen none: only offers without one compete."""
    return [each for each in candidates if each.offer.variant_id == variant_id]


def chosen(ranked: list[Ranked], product_id: int) -> Offered:
    """Raises NoOfferError."""
    if ranked and ranked[0].is_chosen:
        return ranked[0].candidate.offer
    raise NoOfferError(product_id=external("prd", product_id))


def _candidate(row: tuple[Any, ...]) -> Candidate:
    return Candidate(Offered(*row[:COLUMNS_OF_OFFER]), *row[COLUMNS_OF_OFFER:])
