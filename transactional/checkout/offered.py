"""What pricing needs to know of an offer, read for a whole batch of carts at once."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from psycopg import Cursor
from psycopg.rows import args_row

from transactional.arrays import array
from transactional.database import Transaction, statement


class Offered(NamedTuple):
    """One offer as it stands. `open_weekdays` and `closures` are Postgres arrays in their text,
    which is cheaper to recognise than to parse; delivery.py does both.
    """

    offer_id: int
    product_id: int
    variant_id: int | None
    vendor_id: int
    category_id: int | None
    price_cents: int
    weight_grams: int
    is_for_sale: bool
    vendor_country: str
    ships_within_days: int
    open_weekdays: str
    closures: str
    rules_version: int
    sku: str = ""
    title: str = ""
    available_units: int = 0
    """Free as committed, gone perhaps in a moment."""


def read(connection: Transaction, offer_ids: Iterable[int]) -> dict[int, Offered]:
    """By offer id; an offer that does not exist is left out."""
    return asked(connection, offer_ids)()


def asked(connection: Transaction, offer_ids: Iterable[int]) -> Callable[[], dict[int, Offered]]:
    """`read`, sent at once; the call waits for the answer."""
    cursor = connection.cursor(row_factory=args_row(Offered), binary=True)
    cursor.execute(statement("offered"), {"offer_ids": array(sorted(offer_ids))})
    return partial(_by_id, cursor)


def _by_id(cursor: Cursor[Offered]) -> dict[int, Offered]:
    return {row.offer_id: row for row in cursor}
